import { type MessageInitShape, create } from '@bufbuild/protobuf';
import type {
  DeviceSpec,
  LinuxSpec,
  ProcessSpec,
  ResourcesSpec,
  RuntimeSpec,
  SeccompSpec,
} from '#oci/runtime-spec.ts';
import {
  type LinuxResources,
  LinuxResourcesSchema,
  type LinuxSeccompSchema,
  type Process,
  ProcessSchema,
  type Spec,
  SpecSchema,
} from './oci_pb.ts';

/**
 * The specification as the agent gets it, after what Kata's runtime does to it (runtime-rs, container.rs,
 * amend_spec): the network's namespace is the machine itself, the sandbox's IPC and UTS namespaces the agent knows,
 * and of a device cgroup nothing is left but the machine's own devices.
 */
export function guestSpec(
  spec: RuntimeSpec,
  { rootfs, mounts }: { rootfs: string; mounts: RuntimeSpec['mounts'] },
): Spec {
  return create(SpecSchema, {
    Version: spec.ociVersion,
    Process: processOf(spec.process),
    Root: { Path: rootfs, Readonly: spec.root.readonly ?? false },
    Hostname: spec.hostname ?? '',
    Mounts: mounts,
    Annotations: spec.annotations ?? {},
    Linux: {
      Sysctl: spec.linux.sysctl ?? {},
      Resources: guestResources(spec.linux.resources),
      CgroupsPath: guestCgroup(spec.linux),
      Namespaces: spec.linux.namespaces
        .filter(({ type }) => type !== 'network')
        // A path leads into a namespace of the node.
        .map(({ type }) => ({ Type: type })),
      Devices: (spec.linux.devices ?? []).map(deviceOf),
      ...(spec.linux.seccomp && { Seccomp: seccompOf(spec.linux.seccomp) }),
      RootfsPropagation: spec.linux.rootfsPropagation ?? '',
      MaskedPaths: spec.linux.maskedPaths ?? [],
      ReadonlyPaths: spec.linux.readonlyPaths ?? [],
    },
  });
}

/** Whether its processes are to be seen by the rest of the pod: it joins a PID namespace instead of making one. */
export function sharesPidNamespace({ namespaces }: LinuxSpec): boolean {
  return !namespaces.some(({ type, path }) => type === 'pid' && path === undefined);
}

/** The last part of the node's: the machine has no kubelet's hierarchy. */
function guestCgroup({ cgroupsPath }: LinuxSpec): string {
  return `/${cgroupsPath.split('/').at(-1) ?? ''}`;
}

export function guestResources({ cpu, memory, unified }: ResourcesSpec): LinuxResources {
  const pids = Number(unified?.['pids.max']);
  return create(LinuxResourcesSchema, {
    ...(memory && {
      Memory: { Limit: BigInt(memory.limit ?? 0), Swap: BigInt(memory.swap ?? 0) },
    }),
    ...(cpu && {
      CPU: {
        Shares: BigInt(cpu.shares ?? 0),
        Quota: BigInt(cpu.quota ?? 0),
        Period: BigInt(cpu.period ?? 0),
      },
    }),
    ...(pids > 0 && { Pids: { Limit: BigInt(pids) } }),
  });
}

export function processOf(process: ProcessSpec): Process {
  const { user, capabilities } = process;
  return create(ProcessSchema, {
    Terminal: process.terminal ?? false,
    User: { UID: user.uid, GID: user.gid, AdditionalGids: user.additionalGids ?? [] },
    Args: process.args,
    Env: process.env,
    Cwd: process.cwd,
    Capabilities: {
      Bounding: capabilities.bounding,
      Effective: capabilities.effective,
      Permitted: capabilities.permitted,
      Inheritable: capabilities.inheritable ?? [],
      Ambient: capabilities.ambient ?? [],
    },
    Rlimits: (process.rlimits ?? []).map(({ type, hard, soft }) => ({
      Type: type,
      Hard: BigInt(hard),
      Soft: BigInt(soft),
    })),
    NoNewPrivileges: process.noNewPrivileges,
    OOMScoreAdj: BigInt(process.oomScoreAdj ?? 0),
  });
}

function deviceOf({ path, type, major, minor, fileMode, uid, gid }: DeviceSpec) {
  return {
    Path: path,
    Type: type,
    Major: BigInt(major),
    Minor: BigInt(minor),
    FileMode: fileMode,
    UID: uid,
    GID: gid,
  };
}

/** Kata's message has no errno for the default action; the agent's is EPERM, as libseccomp's. */
function seccompOf({
  defaultAction,
  architectures,
  syscalls,
}: SeccompSpec): MessageInitShape<typeof LinuxSeccompSchema> {
  return {
    DefaultAction: defaultAction,
    Architectures: architectures ?? [],
    Syscalls: syscalls.map(({ names, action, errnoRet, args }) => ({
      Names: names,
      Action: action,
      ...(errnoRet !== undefined && {
        ErrnoRet: { case: 'errnoret' as const, value: errnoRet },
      }),
      Args: (args ?? []).map(({ index, value, valueTwo, op }) => ({
        Index: BigInt(index),
        Value: BigInt(value),
        ValueTwo: BigInt(valueTwo ?? 0),
        Op: op,
      })),
    })),
  };
}
