import type { LessonChecks, Scene } from '#lessons/code.ts';

const kinds = ['uts', 'ipc', 'net', 'pid', 'mnt'] as const;
type Kind = (typeof kinds)[number];

/** A process by the node's number for it. */
interface Process {
  number: number;
  /** The inodes of its namespaces: processes with the same one share it (namespaces(7)). */
  namespaces: Readonly<Record<Kind, string>>;
}

/** Threads of the kernel, which run no file, are left out. */
const listNamespaces =
  `set --; for p in /proc/[0-9]*; do [ -e $p/exe ] && set -- "$@" $p/ns/{${kinds.join(',')}}; done; ` +
  `stat -Lc '%n %i' "$@"`;

/** All processes but the node's first, each with what it does not share with that one. */
async function processes({ run }: Scene): Promise<(Process & { own: readonly Kind[] })[]> {
  const { stdout } = await run(listNamespaces);
  const found = new Map<number, Partial<Record<Kind, string>>>();
  for (const [, number, kind, inode = ''] of stdout.matchAll(
    /^\/proc\/(\d+)\/ns\/(\w+) (\d+)$/gm,
  )) {
    found.set(Number(number), { ...found.get(Number(number)), [kind as Kind]: inode });
  }
  const node = found.get(1);
  return [...found].flatMap(([number, some]) => {
    // One that ended meanwhile has no namespaces any more.
    if (number === 1 || !node || kinds.some((kind) => some[kind] === undefined)) return [];
    const namespaces = some as Process['namespaces'];
    return [{ number, namespaces, own: kinds.filter((kind) => namespaces[kind] !== node[kind]) }];
  });
}

/** Those that are number 1 in a PID namespace of their own. */
async function firstProcesses(scene: Scene): Promise<readonly Process[]> {
  const inside = (await processes(scene)).filter(({ own }) => own.includes('pid'));
  if (inside.length === 0) return [];
  const files = inside.map(({ number }) => `/proc/${number}/status`).join(' ');
  const { stdout } = await scene.run(`grep -H NSpid: ${files}`);
  return inside.filter(({ number }) =>
    new RegExp(`^/proc/${number}/status:NSpid:.*\\s1$`, 'm').test(stdout),
  );
}

/** Device and inode of root directories: of the node's, and by processes. */
async function roots(scene: Scene, of: readonly Process[]) {
  const files = of.map(({ number }) => `/proc/${number}/root`).join(' ');
  const { stdout } = await scene.run(`stat -Lc '%n %d:%i' /proc/1/root ${files}`);
  const byNumber = new Map(
    [...stdout.matchAll(/^\/proc\/(\d+)\/root (\S+)$/gm)].map(([, number, root]) => [
      Number(number),
      root,
    ]),
  );
  return { node: byNumber.get(1), byNumber };
}

/** Those that have another root directory than the node. */
async function withOwnRoot(scene: Scene, of: readonly Process[]): Promise<readonly Process[]> {
  const { node, byNumber } = await roots(scene, of);
  return of.filter(({ number }) => {
    const root = byNumber.get(number);
    return root !== undefined && root !== node;
  });
}

interface Mount {
  /** The device's numbers, and which directory of it. */
  source: string;
  target: string;
  type: string;
}

/** proc(5), /proc/PID/mountinfo */
async function mountsOf({ run }: Scene, number: number): Promise<readonly Mount[]> {
  const { stdout } = await run(`cat /proc/${number}/mountinfo`);
  const line = /^\d+ \d+ (\S+) (\S+) (\S+) .* - (\S+) /gm;
  return [...stdout.matchAll(line)].map(([, device = '', root = '', target = '', type = '']) => ({
    source: `${device} ${root}`,
    target,
    type,
  }));
}

/** A process that has left the node's root, most likely the one that the reader is at. */
async function rooted(scene: Scene): Promise<Process | undefined> {
  return (await withOwnRoot(scene, await firstProcesses(scene))).at(-1);
}

async function memoryLimit({ run }: Scene, number: number): Promise<string> {
  const { stdout } = await run(
    `cat /sys/fs/cgroup$(cut -d: -f3 /proc/${number}/cgroup)/memory.max`,
  );
  return stdout.trim();
}

/** Whether a path of the cgroups' file system is in a group that the machine did not begin with. */
const isReaders = (path: string) =>
  path !== '' && !/^\/sys\/fs\/cgroup\/(init\.scope|system\.slice|kubepods)\b/.test(path);

export default {
  'a-name-of-its-own': {
    named: async (scene) => {
      const inside = (await processes(scene)).filter(({ own }) => own.includes('uts'));
      const [first] = inside;
      if (!first) return 'none';
      const node = await scene.run('hostname');
      const { stdout } = await scene.run(`nsenter --uts --target ${first.number} hostname`);
      if (stdout !== node.stdout && stdout !== '') return true;
      return { reason: 'same', values: { name: stdout.trim() } };
    },
  },
  'process-one': {
    first: async (scene) => (await firstProcesses(scene)).length > 0 || 'none',
    alone: async (scene) => {
      const inside = await firstProcesses(scene);
      if (inside.length === 0) return undefined;
      const counts: number[] = [];
      for (const { number } of inside) {
        const seen = `/proc/${number}/root/proc/[0-9]*/comm`;
        const { stdout } = await scene.run(`cat ${seen}`);
        const names = stdout.trim().split('\n');
        if (!names.includes('kthreadd')) return true;
        counts.push(names.length);
      }
      return { reason: 'all', values: { count: String(Math.max(...counts)) } };
    },
  },
  'how-much': {
    limited: async ({ run }) => {
      const { stdout } = await run('find /sys/fs/cgroup -mindepth 1 -type d');
      const group = stdout.trim().split('\n').find(isReaders);
      if (group === undefined) return 'none';
      const limits = (await run('find /sys/fs/cgroup -name memory.max -exec grep -H . {} +'))
        .stdout;
      const values = { group };
      if (!limits.includes(`${group}/memory.max:`)) return { reason: 'controllers', values };
      const limited = limits.split('\n').some((line) => isReaders(line) && /:\d+$/.test(line));
      return limited || { reason: 'unlimited', values };
    },
    killed: async ({ run }) => {
      const { stdout } = await run(
        'find /sys/fs/cgroup -name memory.events -exec grep -H oom_kill {} +',
      );
      const isKill = (line: string) => isReaders(line) && /:oom_kill [1-9]/.test(line);
      return stdout.split('\n').some(isKill) || undefined;
    },
  },
  'a-root-of-its-own': {
    root: async (scene) => ((await rooted(scene)) ? true : 'none'),
    closed: async (scene) => {
      const process = await rooted(scene);
      if (!process) return undefined;
      const [root] = (await mountsOf(scene, 1)).filter(({ target }) => target === '/');
      const open = (await mountsOf(scene, process.number)).find(
        ({ source }) => source === root?.source,
      );
      return !open || { reason: 'open', values: { path: open.target } };
    },
    proc: async (scene) => {
      const process = await rooted(scene);
      if (!process) return undefined;
      const mounts = await mountsOf(scene, process.number);
      return mounts.some(({ target, type }) => target === '/proc' && type === 'proc') || 'missing';
    },
  },
  'a-container': {
    contained: async (scene) => {
      const inside = (await processes(scene)).filter(({ own }) => own.includes('net'));
      const walled = inside.filter(({ own }) => own.length === kinds.length);
      const [first] = inside;
      if (!first) return 'none';
      const [best = first] = walled;
      const pid = String(best.number);
      if (walled.length === 0) {
        const shared = kinds.filter((kind) => !first.own.includes(kind));
        return { reason: 'walls', values: { pid, kinds: shared.join(', ') } };
      }
      if ((await withOwnRoot(scene, walled)).length === 0)
        return { reason: 'root', values: { pid } };
      const limit = await memoryLimit(scene, best.number);
      return /^\d+$/.test(limit) || { reason: 'limit', values: { pid } };
    },
    pod: async (scene) => {
      const walled = (await processes(scene)).filter(({ own }) => own.length === kinds.length);
      if (walled.length === 0) return undefined;
      const isBeside = (one: Process, other: Process) =>
        one.namespaces.net === other.namespaces.net &&
        one.namespaces.pid !== other.namespaces.pid &&
        one.namespaces.mnt !== other.namespaces.mnt;
      return walled.some((one) => walled.some((other) => isBeside(one, other))) || 'alone';
    },
  },
} satisfies LessonChecks;
