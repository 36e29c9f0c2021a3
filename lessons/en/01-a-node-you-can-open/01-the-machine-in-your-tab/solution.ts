import type { LessonSolutions, Reader } from '#lessons/code.ts';

/** Of a second try: what is to be stopped may have been ended by the first. */
async function ensureBusy(reader: Reader): Promise<void> {
  const { code } = await reader.look().run('pgrep -x yes');
  if (code !== 0) await reader.run('yes > /dev/null &');
}

export default {
  'a-computer-in-a-tab': async (reader) => {
    await reader.run('uname -srm');
    await reader.run('yes > /dev/null &');
  },
  'a-signal-is-all-it-hears': async (reader) => {
    await ensureBusy(reader);
    await reader.run('pkill -STOP -x yes');
    await reader.run('pkill -TERM -x yes');
    await reader.passed('asked');
    await reader.run('pkill -KILL -x yes');
  },
  'somebody-has-to-ask': async (reader) => {
    await reader.run('(sleep 5000 &)');
    await reader.run("sh -c 'sleep 1 & exec sleep 6000' &");
  },
  'a-disk-of-memory': async (reader) => {
    await reader.run('dd if=/dev/zero of=/root/big bs=1M count=64');
  },
  'where-is-kubernetes': async (reader) => {
    await reader.run('rm -f /root/big; kubectl run hello --image=busybox:1.36 -- sleep 86400');
    await reader.passed('runs');
    await reader.run("pkill -KILL -f 'sleep 86400'");
  },
} satisfies LessonSolutions;
