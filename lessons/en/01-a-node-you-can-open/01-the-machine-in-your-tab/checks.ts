import type { LessonChecks, Scene } from '#lessons/code.ts';
import { runningContainers } from '#lessons/scene.ts';

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

/** The parent of all threads of the kernel, itself one. */
const kernelThreads = 2;

/**
 * The reader's processes, and what runs for them. Not those of the machine itself, which are at work whatever the
 * reader does: the kernel's threads, the shell that answers this look, its parents up to the first process, its children.
 */
async function processes({ run }: Scene): Promise<Process[]> {
  const { stdout } = await run('echo shell $$; cat /proc/[0-9]*/stat');
  const all = [...stdout.matchAll(/^(\d+) \((.*)\) (\w) (\d+) (.*)$/gm)].map(
    ([, pid, name = '', state = '', parent, rest = '']) => {
      const [user, system] = rest.split(' ').slice(9, 11);
      const seconds = Math.floor((Number(user) + Number(system)) / ticksPerSecond);
      return { pid: Number(pid), name, state, parent: Number(parent), seconds };
    },
  );
  const shell = Number(/^shell (\d+)$/m.exec(stdout)?.[1]);
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const own = new Set([kernelThreads]);
  for (let pid: number | undefined = shell; pid; pid = parents.get(pid)) own.add(pid);
  return all.filter(
    ({ pid, parent }) => !own.has(pid) && parent !== kernelThreads && parent !== shell,
  );
}

const isAtWork = ({ state }: Process) => state === 'R';

const isStopped = ({ state }: Process) => state === 'T';

/** Those whose parent is not about to ask: of others it is true for less than a moment. */
async function zombies(scene: Scene): Promise<Process[]> {
  const all = await processes(scene);
  const asking = new Set(all.filter(isAtWork).map(({ pid }) => pid));
  return all.filter(({ state, parent }) => state === 'Z' && !asking.has(parent));
}

/** SIGTERM's bit in the sets of /proc/PID/status. */
const terminate = 1n << 14n;

/** Whether any of these processes has been sent `TERM` and has not heard it (proc(5), ShdPnd). */
async function isAsked({ run }: Scene, of: readonly Process[]): Promise<boolean> {
  const files = of.map(({ pid }) => `/proc/${pid}/status`).join(' ');
  const { stdout } = await run(`grep -h ShdPnd ${files}`);
  const pending = [...stdout.matchAll(/^ShdPnd:\s*([0-9a-f]+)$/gm)];
  return pending.some(([, set]) => (BigInt(`0x${set}`) & terminate) !== 0n);
}

export default {
  'a-computer-in-a-tab': {
    busy: async (scene) => {
      const working = (await processes(scene))
        .filter(isAtWork)
        .sort((a, b) => b.seconds - a.seconds);
      const [busiest] = working;
      if (!busiest) return 'idle';
      const { name, seconds } = busiest;
      return seconds >= 2 || { reason: 'young', values: { name, seconds: String(seconds) } };
    },
  },
  'a-signal-is-all-it-hears': {
    stopped: async (scene) => (await processes(scene)).some(isStopped) || 'none',
    asked: async (scene) => {
      const stopped = (await processes(scene)).filter(isStopped);
      if (stopped.length === 0) return 'none';
      return (await isAsked(scene, stopped)) || 'unasked';
    },
    ended: async (scene) => {
      // On a machine where nothing has been started nothing is left either.
      if (!scene.passed.includes('asked')) return 'first';
      const left = (await processes(scene)).find(
        (process) => isStopped(process) || isAtWork(process),
      );
      if (!left) return true;
      return { reason: 'there', values: { name: left.name, pid: String(left.pid) } };
    },
  },
  'somebody-has-to-ask': {
    orphan: async (scene) => (await processes(scene)).some(({ parent }) => parent === 1) || 'none',
    zombie: async (scene) => {
      const before = await zombies(scene);
      // One look reads a parent before its child has ended and the child afterwards: by the next the parent has asked.
      const after = before.length > 0 ? await zombies(scene) : [];
      return after.some(({ pid }) => before.some((seen) => seen.pid === pid)) || 'none';
    },
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
      const running = pods.some((each) => runningContainers(each).length > 0);
      return running || { reason: 'starting', values: { pod: pod.metadata?.name ?? '' } };
    },
    ended: ({ pods }) => {
      const running = pods.flatMap(runningContainers);
      if (running.some(({ restartCount }) => restartCount > 0)) return true;
      if (running.length > 0) return 'first';
      const all = pods.flatMap(({ status }) => status?.containerStatuses ?? []);
      const hasEnded = all.some(
        ({ state, lastState }) => state?.terminated ?? lastState?.terminated,
      );
      return hasEnded ? 'down' : 'none';
    },
  },
} satisfies LessonChecks;
