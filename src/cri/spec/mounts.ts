import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { type Mount, MountPropagation, MountPropagationSchema } from '#kube/cri/api_pb.ts';
import type { MountSpec } from '#oci/runtime-spec.ts';

/** What every container has mounted (containerd, pkg/oci/mounts.go), less /run. */
export function usualMounts(privileged: boolean): MountSpec[] {
  const how = privileged ? 'rw' : 'ro';
  const mount = (destination: string, type: string, source: string, options: string) => ({
    destination,
    type,
    source,
    options: options.split(','),
  });
  return [
    mount('/proc', 'proc', 'proc', 'nosuid,noexec,nodev'),
    mount('/dev', 'tmpfs', 'tmpfs', 'nosuid,strictatime,mode=755,size=65536k'),
    mount(
      '/dev/pts',
      'devpts',
      'devpts',
      'nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5',
    ),
    mount('/dev/mqueue', 'mqueue', 'mqueue', 'nosuid,noexec,nodev'),
    mount('/sys', 'sysfs', 'sysfs', `nosuid,noexec,nodev,${how}`),
    mount('/sys/fs/cgroup', 'cgroup', 'cgroup', `nosuid,noexec,nodev,relatime,${how}`),
  ];
}

/** Usual mounts and those that were asked for, which come over them, outer ones first. */
export function mergeMounts(
  usual: readonly MountSpec[],
  wanted: readonly MountSpec[],
): MountSpec[] {
  const destinations = new Set(wanted.map(({ destination }) => clean(destination)));
  const kept = usual.filter(
    ({ destination }) =>
      !destinations.has(destination) &&
      !(destinations.has('/dev') && destination.startsWith('/dev/')),
  );
  const depth = ({ destination }: MountSpec) => clean(destination).split('/').length;
  return [...kept, ...wanted.toSorted((a, b) => depth(a) - depth(b))];
}

export function clean(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}

export interface PreparedMounts {
  mounts: MountSpec[];
  rootfsPropagation: 'rshared' | 'rslave' | undefined;
}

export interface MountOptions {
  agent: AgentClient;
  recursiveReadOnly: boolean;
}

/** Host paths as bind mounts; a path that is missing becomes a directory, as with containerd. */
export async function bindMounts(
  wanted: readonly Mount[],
  options: MountOptions,
): Promise<PreparedMounts> {
  const { agent } = options;
  const propagations = wanted.map(({ propagation }) => propagation);
  if (propagations.some((propagation) => propagation !== MountPropagation.PROPAGATION_PRIVATE)) {
    const table = await agent.files.readText('/proc/1/mountinfo');
    for (const mount of wanted) checkPropagation(mount, table);
  }
  const mounts = await Promise.all(
    wanted.map(async (mount) => {
      const bind = bindMount(mount, options);
      if (!(await agent.files.exists(mount.hostPath))) {
        await agent.files.makeDirectory(mount.hostPath, { parents: true });
      }
      return bind;
    }),
  );
  const has = (propagation: MountPropagation) => propagations.includes(propagation);
  return {
    mounts,
    rootfsPropagation: has(MountPropagation.PROPAGATION_BIDIRECTIONAL)
      ? 'rshared'
      : has(MountPropagation.PROPAGATION_HOST_TO_CONTAINER)
        ? 'rslave'
        : undefined,
  };
}

const propagationOptions = new Map<MountPropagation, string>([
  [MountPropagation.PROPAGATION_PRIVATE, 'rprivate'],
  [MountPropagation.PROPAGATION_HOST_TO_CONTAINER, 'rslave'],
  [MountPropagation.PROPAGATION_BIDIRECTIONAL, 'rshared'],
]);

function bindMount(mount: Mount, { recursiveReadOnly }: MountOptions): MountSpec {
  return {
    destination: mount.containerPath,
    type: 'bind',
    source: mount.hostPath,
    options: [
      'rbind',
      propagationOptions.get(mount.propagation) ?? 'rprivate',
      accessOption(mount, recursiveReadOnly),
    ],
  };
}

function accessOption(mount: Mount, supported: boolean): 'ro' | 'rro' | 'rw' {
  const refuse = (why: string) =>
    new SandglassError('unknown', `${why} (hostPath="${mount.hostPath}")`);
  if (!mount.recursiveReadOnly) return mount.readonly ? 'ro' : 'rw';
  if (!mount.readonly) throw refuse('recursive read-only mount conflicts with RW mount');
  if (!supported) throw refuse('runtime handler does not support recursive read-only mounts');
  if (mount.propagation !== MountPropagation.PROPAGATION_PRIVATE) {
    const name = MountPropagationSchema.value[mount.propagation]?.name ?? '';
    throw refuse(`recursive read-only mount needs private propagation, got "${name}"`);
  }
  return 'rro';
}

/** Mounts can only come over from one that is shared, proc_pid_mountinfo(5). */
function checkPropagation({ hostPath, propagation }: Mount, table: string): void {
  if (propagation === MountPropagation.PROPAGATION_PRIVATE) return;
  const { mountPoint, tags } = mountOf(hostPath, table);
  const refuse = (what: string) =>
    new SandglassError(
      'unknown',
      `path "${hostPath}" is mounted on "${mountPoint}" but it is not a ${what} mount`,
    );
  const shared = tags.some((tag) => tag.startsWith('shared:'));
  if (shared) return;
  if (propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL) throw refuse('shared');
  if (!tags.some((tag) => tag.startsWith('master:'))) throw refuse('shared or slave');
}

function mountOf(path: string, table: string): { mountPoint: string; tags: string[] } {
  let found = { mountPoint: '/', tags: [] as string[] };
  for (const line of table.split('\n')) {
    const fields = line.split(' ');
    const mountPoint = fields[4];
    if (mountPoint === undefined) continue;
    const inside = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    // Of mounts over one another the last is the one that is seen.
    if (inside && mountPoint.length >= found.mountPoint.length) {
      found = { mountPoint, tags: fields.slice(6, fields.indexOf('-')) };
    }
  }
  return found;
}
