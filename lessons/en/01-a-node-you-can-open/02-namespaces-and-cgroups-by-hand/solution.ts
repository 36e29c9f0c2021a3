import type { LessonSolutions, Reader } from '#lessons/code.ts';

/** Out of whatever shells the steps before have left: a login shell counts as the first, and is not left. */
async function leaveShells(reader: Reader): Promise<void> {
  const most = 20;
  for (let left = most; left > 0; left--) {
    if ((await reader.run('[ $SHLVL -gt 1 ] && exit 0')) !== 0) return;
  }
}

const runs = (reader: Reader, command: string) =>
  reader.until(`${command} runs`, async ({ run }) => {
    const { code } = await run(`pgrep -fx '${command}'`);
    return code === 0;
  });

export default {
  'a-name-of-its-own': async (reader) => {
    await reader.run('unshare --uts bash');
    await reader.run('hostname box; exec bash');
  },
  'process-one': async (reader) => {
    await reader.run('unshare --uts --pid --fork --mount-proc bash');
    await reader.run('ps -o pid,args');
  },
  'how-much': async (reader) => {
    await reader.run('mkdir /sys/fs/cgroup/box');
    await reader.run("echo '+memory +pids' > /sys/fs/cgroup/cgroup.subtree_control");
    await reader.run('echo 32M > /sys/fs/cgroup/box/memory.max');
    await reader.run("sh -c 'echo $$ > /sys/fs/cgroup/box/cgroup.procs; exec tail /dev/zero'");
  },
  'a-root-of-its-own': async (reader) => {
    await leaveShells(reader);
    await reader.run('./make-root newroot');
    await reader.run('unshare --uts --pid --mount --fork bash');
    await reader.run('mount --bind newroot newroot; cd newroot; pivot_root . old; exec bash');
    await reader.run('umount -l /old; mount -t proc proc /proc; ls / /old; ps');
  },
  'a-container': async (reader) => {
    await leaveShells(reader);
    await reader.run('setsid -f ./box one sleep 86400');
    await runs(reader, 'sleep 86400');
    await reader.run("SHARE=$(pgrep -nfx 'sleep 86400') setsid -f ./box two sleep 5000");
    await runs(reader, 'sleep 5000');
  },
} satisfies LessonSolutions;
