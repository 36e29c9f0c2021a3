import type { CapabilitySets } from '#oci/runtime-spec.ts';

/** Every capability of Linux 6.1, capabilities(7), in the order of their numbers. */
export const allCapabilities: readonly string[] = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'],
  ...['SETPCAP', 'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW'],
  ...['IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT'],
  ...['SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD'],
  ...['LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG'],
  ...['WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
].map((name) => `CAP_${name}`);

/** What a container has unless it asks otherwise (containerd, pkg/oci/spec.go, defaultUnixCaps). */
export const defaultCapabilities: readonly string[] = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID'],
  ...['SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
].map((name) => `CAP_${name}`);

export interface WantedCapabilities {
  addCapabilities: readonly string[];
  dropCapabilities: readonly string[];
}

/** `ALL` first, then single ones, dropped last (containerd, internal/cri/opts, WithCapabilities). */
export function resolveCapabilities(
  wanted: WantedCapabilities | undefined,
  privileged: boolean,
): CapabilitySets {
  const add = (wanted?.addCapabilities ?? []).map((name) => name.toUpperCase());
  const drop = (wanted?.dropCapabilities ?? []).map((name) => name.toUpperCase());
  let set = new Set(defaultCapabilities);
  if (add.includes('ALL')) set = new Set(allCapabilities);
  if (drop.includes('ALL')) set = new Set();
  for (const name of add) if (name !== 'ALL') set.add(`CAP_${name}`);
  for (const name of drop) if (name !== 'ALL') set.delete(`CAP_${name}`);
  const names = privileged ? [...allCapabilities] : [...set];
  return { bounding: names, effective: names, permitted: names };
}
