import type { LessonChecks, Scene } from '#lessons/code.ts';

/** Of /proc/PID/stat (proc(5)). */
interface Process {
  pid: number;
  name: string;
  /** One letter, as in the first column of ps(1)'s STAT. */
  state: string;
  parent: number;
  /** Seconds of the processor's time. */
  seconds: number;
}

/** Of the kernel's clock, in which it tells a process's time. */
const ticksPerSecond = 100;

async function processes({ run }: Scene): Promise<Process[]> {
  const { stdout } = await run('cat /proc/[0-9]*/stat');
  return [...stdout.matchAll(/^(\d+) \((.*)\) (\w) (\d+) (.*)$/gm)].map(
    ([, pid, name = '', state = '', parent, rest = '']) => {
      const [user, system] = rest.split(' ').slice(9, 11);
      const seconds = Math.floor((Number(user) + Number(system)) / ticksPerSecond);
      return { pid: Number(pid), name, state, parent: Number(parent), seconds };
    },
  );
}

/** What is the machine's own, and its children's: they are at work whatever the reader does. */
const own = new Set(['init', 'kthreadd', 'agent', 'bash', 'cat']);
const kernelThreads = 2;

/** SIGTERM's bit in the sets of /proc/PID/status. */
const terminate = 1n << 14n;

export default {
  'a-computer-in-a-tab': {
    busy: async (scene) => {
      const working = (await processes(scene))
        .filter(
          ({ state, name, parent }) => state === 'R' && parent !== kernelThreads && !own.has(name),
        )
        .sort((a, b) => b.seconds - a.seconds);
      const [busiest] = working;
      if (!busiest) return 'idle';
      const { name, seconds } = busiest;
      return seconds >= 2 || { reason: 'young', values: { name, seconds: String(seconds) } };
    },
  },
  'a-signal-is-all-it-hears': {
    stopped: async (scene) => (await processes(scene)).some(({ state }) => state === 'T') || 'none',
    asked: async (scene) => {
      const stopped = (await processes(scene)).filter(({ state }) => state === 'T');
      if (stopped.length === 0) return undefined;
      const files = stopped.map(({ pid }) => `/proc/${pid}/status`).join(' ');
      const { stdout } = await scene.run(`grep -h ShdPnd ${files}`);
      const pending = [...stdout.matchAll(/^ShdPnd:\s*([0-9a-f]+)$/gm)];
      return pending.some(([, set]) => (BigInt(`0x${set}`) & terminate) !== 0n) || 'unasked';
    },
    ended: async (scene) => {
      const left = (await processes(scene)).find(({ name }) => name === 'yes');
      return !left || { reason: 'there', values: { pid: String(left.pid) } };
    },
  },
  'somebody-has-to-ask': {
    orphan: async (scene) =>
      (await processes(scene)).some(({ parent, name }) => parent === 1 && !own.has(name)) || 'none',
    zombie: async (scene) => (await processes(scene)).some(({ state }) => state === 'Z') || 'none',
  },
  'a-disk-of-memory': {
    full: async ({ run }) => {
      const { stdout } = await run('grep Shmem: /proc/meminfo');
      const megabytes = Math.round(Number(/\d+/.exec(stdout)?.[0] ?? 0) / 1024);
      return megabytes >= 48 || { reason: 'little', values: { megabytes: String(megabytes) } };
    },
  },
  'where-is-kubernetes': {
    runs: ({ pods }) => {
      const [pod] = pods;
      if (!pod) return 'none';
      const running = pods.some(({ status }) =>
        status?.containerStatuses?.some(({ state }) => state?.running),
      );
      return running || { reason: 'starting', values: { pod: pod.metadata?.name ?? '' } };
    },
    ended: ({ pods }) => {
      const statuses = pods.flatMap(({ status }) => status?.containerStatuses ?? []);
      if (statuses.some(({ state, restartCount }) => state?.running && restartCount > 0))
        return true;
      if (statuses.length === 0) return undefined;
      return statuses.some(({ state }) => state?.running) ? 'first' : 'down';
    },
  },
} satisfies LessonChecks;
