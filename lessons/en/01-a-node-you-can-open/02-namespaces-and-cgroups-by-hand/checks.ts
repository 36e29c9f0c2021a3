import type { LessonChecks, Scene } from '#lessons/code.ts';

const kinds = ['uts', 'ipc', 'net', 'pid', 'mnt'] as const;
type Kind = (typeof kinds)[number];

/** A process by the node's number for it. */
interface Process {
  number: number;
  /** The inodes of its namespaces: processes with the same one share it (namespaces(7)). */
  namespaces: Readonly<Record<Kind, string>>;
  /** Those that it does not share with the node's first process. */
  own: readonly Kind[];
}

/** Threads of the kernel, which run no file, are left out. */
const listNamespaces =
  `set --; for p in /proc/[0-9]*; do [ -e $p/exe ] && set -- "$@" $p/ns/{${kinds.join(',')}}; done; ` +
  `stat -Lc '%n %i' "$@"`;

/** All processes but the node's first. */
async function processes({ run }: Scene): Promise<readonly Process[]> {
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

/** Of the processes, by number, what a command says: a line each that begins with the number. */
async function each(
  { run }: Scene,
  of: readonly Process[],
  command: string,
): Promise<ReadonlyMap<number, string>> {
  const numbers = of.map(({ number }) => number).join(' ');
  const { stdout } = await run(`for p in ${numbers}; do echo "$p $(${command})"; done`);
  const lines = stdout.matchAll(/^(\d+) (.*)$/gm);
  return new Map([...lines].map(([, number, said = '']) => [Number(number), said]));
}

/** Of the `/proc` that a process sees: the PID namespace whose processes it shows, and how many these are. */
const shownByProc =
  'inode=$(stat -Lc %i /proc/$p/root/proc/1/ns/pid 2>/dev/null); ' +
  'set -- /proc/$p/root/proc/[0-9]*; echo ${inode:-none} $#';

/** How many processes each one sees, and whether they are those of its own namespace. */
async function seen(scene: Scene, by: readonly Process[]) {
  const said = await each(scene, by, shownByProc);
  return by.map(({ number, namespaces }) => {
    const [inode, count] = said.get(number)?.split(' ') ?? [];
    return { isOwn: inode === namespaces.pid, count: Number(count ?? 0) };
  });
}

/** Those that have another root directory than the node, in mounts of their own. */
async function withOwnRoot(scene: Scene, of: readonly Process[]): Promise<readonly Process[]> {
  const mounted = of.filter(({ own }) => own.includes('mnt'));
  if (mounted.length === 0) return [];
  const root = 'stat -Lc %d:%i /proc/$p/root 2>/dev/null';
  const { stdout } = await scene.run('stat -Lc %d:%i /proc/1/root');
  const roots = await each(scene, mounted, root);
  return mounted.filter(({ number }) => {
    const own = roots.get(number) ?? '';
    return own !== '' && own !== stdout.trim();
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

/** The processes that have left the node's root for a mount of their own, and what is mounted there. */
async function rooted(scene: Scene) {
  const all: { process: Process; mounts: readonly Mount[] }[] = [];
  for (const process of await withOwnRoot(scene, await processes(scene))) {
    const mounts = await mountsOf(scene, process.number);
    if (mounts.some(({ target }) => target === '/')) all.push({ process, mounts });
  }
  return all;
}

/** The limits for memory of a process's group and of the groups above it: `max` where there is none. */
const memoryLimits = `group=$(cut -d: -f3- /proc/$p/cgroup)
  while [ -n "\${group%/}" ]; do cat "/sys/fs/cgroup$group/memory.max"; group=\${group%/*}; done 2>/dev/null`;

async function withMemoryLimit(scene: Scene, of: readonly Process[]): Promise<readonly Process[]> {
  const limits = await each(scene, of, `echo $(${memoryLimits})`);
  return of.filter(({ number }) => /\d/.test(limits.get(number) ?? ''));
}

/** Whether a path of the cgroups' file system is in a group that the machine did not begin with. */
const isReaders = (path: string) =>
  path !== '' && !/^\/sys\/fs\/cgroup\/(init\.scope|system\.slice|kubepods)\b/.test(path);

export default {
  'a-name-of-its-own': {
    named: async (scene) => {
      const inside = (await processes(scene)).filter(({ own }) => own.includes('uts'));
      if (inside.length === 0) return 'none';
      const node = await scene.run('hostname');
      const one = new Map(inside.map((process) => [process.namespaces.uts, process]));
      const ask = 'nsenter --uts --target $p hostname 2>/dev/null';
      const said = await each(scene, [...one.values()], ask);
      const names = [...said.values()].filter((name) => name !== '');
      if (names.some((name) => name !== node.stdout.trim())) return true;
      return { reason: 'same', values: { name: node.stdout.trim() } };
    },
  },
  'process-one': {
    first: async (scene) => (await firstProcesses(scene)).length > 0 || 'none',
    alone: async (scene) => {
      const inside = await firstProcesses(scene);
      if (inside.length === 0) return 'none';
      const shown = await seen(scene, inside);
      if (shown.some(({ isOwn }) => isOwn)) return true;
      const count = Math.max(...shown.map((each) => each.count));
      return { reason: 'all', values: { count: String(count) } };
    },
  },
  'how-much': {
    limited: async ({ run }) => {
      const { stdout } = await run('find /sys/fs/cgroup -mindepth 1 -type d');
      const groups = stdout.trim().split('\n').filter(isReaders);
      const [group] = groups;
      if (group === undefined) return 'none';
      const limits = await run('find /sys/fs/cgroup -name memory.max -exec grep -H . {} +');
      const lines = limits.stdout.split('\n').filter(isReaders);
      if (lines.some((line) => /:\d+$/.test(line))) return true;
      const controlled = groups.find((each) => lines.includes(`${each}/memory.max:max`));
      if (controlled === undefined) return { reason: 'controllers', values: { group } };
      return { reason: 'unlimited', values: { group: controlled } };
    },
    killed: async ({ run }) => {
      const { stdout } = await run(
        'find /sys/fs/cgroup -name memory.events -exec grep -H oom_kill {} +',
      );
      const isKill = (line: string) => isReaders(line) && /:oom_kill [1-9]/.test(line);
      return stdout.split('\n').some(isKill) || 'alive';
    },
  },
  'a-root-of-its-own': {
    root: async (scene) => (await rooted(scene)).length > 0 || 'none',
    closed: async (scene) => {
      const all = await rooted(scene);
      if (all.length === 0) return 'none';
      const node = await mountsOf(scene, 1);
      const roots = node.filter(({ target }) => target === '/').map(({ source }) => source);
      const open = all.map(({ mounts }) => mounts.find(({ source }) => roots.includes(source)));
      if (open.some((mount) => !mount)) return true;
      return { reason: 'open', values: { path: open.at(-1)?.target ?? '' } };
    },
    proc: async (scene) => {
      const first = new Set((await firstProcesses(scene)).map(({ number }) => number));
      const all = (await rooted(scene)).map(({ process }) => process);
      if (all.length === 0) return 'none';
      const inside = all.filter(({ number }) => first.has(number));
      return (await seen(scene, inside)).some(({ isOwn }) => isOwn) || 'missing';
    },
  },
  'a-container': {
    contained: async (scene) => {
      const inside = (await processes(scene)).filter(({ own }) => own.includes('net'));
      const [first] = inside;
      if (!first) return 'none';
      const walled = inside.filter(({ own }) => own.length === kinds.length);
      const [best] = walled;
      if (!best) {
        const shared = kinds.filter((kind) => !first.own.includes(kind));
        return { reason: 'walls', values: { pid: String(first.number), kinds: shared.join(', ') } };
      }
      const apart = await withOwnRoot(scene, walled);
      const [rooted] = apart;
      if (!rooted) return { reason: 'root', values: { pid: String(best.number) } };
      if ((await withMemoryLimit(scene, apart)).length > 0) return true;
      return { reason: 'limit', values: { pid: String(rooted.number) } };
    },
    pod: async (scene) => {
      const walled = (await processes(scene)).filter(({ own }) => own.length === kinds.length);
      if (walled.length === 0) return 'none';
      const isBeside = (one: Process, other: Process) =>
        one.namespaces.net === other.namespaces.net &&
        one.namespaces.pid !== other.namespaces.pid &&
        one.namespaces.mnt !== other.namespaces.mnt;
      return walled.some((one) => walled.some((other) => isBeside(one, other))) || 'alone';
    },
  },
} satisfies LessonChecks;
