/**
 * The part of the OCI runtime specification's config.json that containers here are made of
 * (opencontainers/runtime-spec, config.md and config-linux.md).
 */
export interface RuntimeSpec {
  ociVersion: string;
  process: ProcessSpec;
  root: { path: string; readonly?: boolean };
  hostname?: string;
  mounts: MountSpec[];
  annotations?: Record<string, string>;
  linux: LinuxSpec;
}

export interface ProcessSpec {
  terminal?: boolean;
  user: { uid: number; gid: number; additionalGids?: number[] };
  args: string[];
  env: string[];
  cwd: string;
  capabilities: CapabilitySets;
  noNewPrivileges: boolean;
  oomScoreAdj?: number;
  rlimits?: { type: string; hard: number; soft: number }[];
}

export interface CapabilitySets {
  bounding: string[];
  effective: string[];
  permitted: string[];
  inheritable?: string[];
  ambient?: string[];
}

export interface MountSpec {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup';

export interface LinuxSpec {
  namespaces: { type: NamespaceType; path?: string }[];
  cgroupsPath: string;
  resources: ResourcesSpec;
  devices?: DeviceSpec[];
  maskedPaths?: string[];
  readonlyPaths?: string[];
  rootfsPropagation?: string;
  sysctl?: Record<string, string>;
  seccomp?: SeccompSpec;
}

export interface ResourcesSpec {
  devices?: { allow: boolean; type?: string; major?: number; minor?: number; access: string }[];
  cpu?: { shares?: number; quota?: number; period?: number; cpus?: string; mems?: string };
  memory?: { limit?: number; swap?: number };
  unified?: Record<string, string>;
}

export interface DeviceSpec {
  path: string;
  type: 'c' | 'b' | 'p';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
}

export interface SeccompSpec {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  syscalls: SeccompRule[];
}

export interface SeccompRule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: string }[];
}
