import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** What the node agent does at its start and in its tests; a user namespace's root may not open devices. */
const probe = 'mount -t tmpfs tmpfs /run && mknod /run/null c 1 3 && : >/run/null';

/** The inode of the first pid namespace (Linux, include/linux/proc_ns.h: PROC_PID_INIT_INO). */
const firstPidNamespace = 'pid:[4026531836]';

/** Why this process may not run the guest programs on its own machine, if it may not. */
export const missingPrivilege = findMissingPrivilege();

/** Why the kernel tells this process nothing of others' forks and exits (drivers/connector/cn_proc.c), if so. */
export const missingProcessEvents =
  missingPrivilege ??
  (readlinkSync('/proc/self/ns/pid') === firstPidNamespace
    ? undefined
    : 'the kernel tells of processes in its first pid namespace only, and this is a container');

function findMissingPrivilege(): string | undefined {
  if (process.platform !== 'linux') return 'the guest programs run on Linux only';
  if (process.getuid?.() !== 0) return 'the node agent needs root';
  const separate = ['--mount', '--uts', '--ipc'];
  const { status, stderr } = spawnSync('unshare', [...separate, 'sh', '-ec', probe], {
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  const why = stderr.trim().split('\n')[0] ?? 'unshare failed';
  return `the node agent needs CAP_SYS_ADMIN and devices, which this root lacks (${why})`;
}
