import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { LinuxSchema, ProcessSchema, SpecSchema } from '#runtimes/kata/oci_pb.ts';

/** Of what a message can be made, but not a message. */
export type InitOf<Schema extends DescMessage> = Exclude<
  MessageInitShape<Schema>,
  { $typeName: string }
>;
export type ProcessInit = InitOf<typeof ProcessSchema>;
export type LinuxInit = InitOf<typeof LinuxSchema>;
type SpecInit = InitOf<typeof SpecSchema>;

/** The mounts of every container, and the machine's programs. */
const usualMounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/usr', type: 'bind', source: '/usr', options: ['rbind', 'rprivate', 'ro'] },
];

const usualCapabilities = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID'],
  ...['SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
].map((name) => `CAP_${name}`);

export interface Wanted {
  process?: ProcessInit;
  linux?: LinuxInit;
  spec?: SpecInit;
  /** Further mounts. */
  mounts?: { destination: string; type: string; source: string; options: string[] }[];
  /** It joins the namespaces of the sandbox that is held. */
  inSandbox?: boolean;
}

/** A program of the shell, by the usual user with the usual rights. */
export const shell = (script: string, more: ProcessInit = {}) => ({
  Args: ['/bin/sh', '-c', script],
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cwd: '/',
  User: { UID: 0, GID: 0 },
  Capabilities: {
    Bounding: usualCapabilities,
    Effective: usualCapabilities,
    Permitted: usualCapabilities,
  },
  ...more,
});

/** The specification of container `number`, as the jail gets it. */
export function specOf(wanted: Wanted, root: string, number: number): Uint8Array {
  const spec = create(SpecSchema, {
    Version: '1.0.2',
    Root: { Path: root },
    Process: shell('true'),
    Mounts: [...usualMounts, ...(wanted.mounts ?? [])],
    Linux: {
      CgroupsPath: `/pod/container-${number}`,
      Namespaces: ['mount', 'pid', 'ipc', 'uts', 'cgroup'].map((Type) => ({ Type })),
      ...wanted.linux,
    },
    ...(wanted.process && { Process: wanted.process }),
    ...wanted.spec,
  });
  return toBinary(SpecSchema, spec);
}
