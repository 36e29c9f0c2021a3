import { quote } from '#base/shell-quote.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { runningContainers } from '#lessons/scene.ts';

/** What a check reads of an OCI runtime specification's config.json. */
interface Bundle {
  terminal: boolean;
  args: readonly string[];
  /** Where a program without a slash in its name is looked for, below the root. */
  path: readonly string[];
  cwd: string;
  root: string;
}

const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A container that the reader has made, as `crun list` tells it. */
interface Container {
  id: string;
  pid: number;
  status: string;
}

/** The cluster gives its own names of 64 digits. */
const clusterName = /^[0-9a-f]{64}$/;

async function containers({ run }: Scene): Promise<readonly Container[]> {
  const { stdout } = await run('crun list');
  const rows = stdout.trim().split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .map(([id = '', pid = '', status = '']) => ({ id, pid: Number(pid), status }))
    .filter(({ id }) => id !== '' && !clusterName.test(id));
}

/** The first processes of those that run, by the node's numbers. */
async function runningPids(scene: Scene): Promise<readonly number[]> {
  const running = (await containers(scene)).filter(({ status }) => status === 'running');
  return running.map(({ pid }) => pid);
}

/** The inode of a namespace by process: equal ones are shared (namespaces(7)). */
async function namespaces(
  { run }: Scene,
  pids: readonly number[],
  kind: 'net' | 'pid' | 'mnt',
): Promise<ReadonlyMap<number, string>> {
  const files = pids.map((pid) => `/proc/${pid}/ns/${kind}`).join(' ');
  const { stdout } = await run(`stat -Lc '%n %i' ${files}`);
  return namespacesIn(stdout);
}

/** The first processes of containers that run, and which two of them share a network that is not the node's. */
async function sharing(scene: Scene) {
  const pids = await runningPids(scene);
  const net = await namespaces(scene, [1, ...pids], 'net');
  const share = (one: number, other: number) =>
    one < other && net.get(one) === net.get(other) && net.get(one) !== net.get(1);
  const pairs = pids.flatMap((one) =>
    pids.filter((other) => share(one, other)).map((other) => [one, other] as const),
  );
  return { pids, pairs };
}

/** Of all processes but threads of the kernel, which run no file. */
const listPidNamespaces =
  'set --; for p in /proc/[0-9]*; do [ -e $p/exe ] && set -- "$@" $p/ns/pid; done; ' +
  `stat -Lc '%n %i' "$@"`;

function namespacesIn(stat: string): ReadonlyMap<number, string> {
  const lines = [...stat.matchAll(/^\/proc\/(\d+)\/\S+ (\d+)$/gm)];
  return new Map(lines.map(([, pid, inode = '']) => [Number(pid), inode]));
}

async function readBundle({ run }: Scene): Promise<Bundle | 'none' | { mistake: string }> {
  const { code, stdout } = await run('cat /root/config.json');
  if (code !== 0) return 'none';
  try {
    return bundleOf(JSON.parse(stdout));
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

/** What is not as the specification says is as if it were not there. */
function bundleOf(config: unknown): Bundle {
  const { process, root } = fieldsOf(config);
  const { terminal, args, env, cwd } = fieldsOf(process);
  const { path } = fieldsOf(root);
  const variable = textsOf(env).find((each) => each.startsWith('PATH=')) ?? usualPath;
  return {
    terminal: terminal === true,
    args: textsOf(args),
    path: variable.slice('PATH='.length).split(':'),
    cwd: typeof cwd === 'string' ? cwd : '/',
    root: typeof path === 'string' ? path : 'rootfs',
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? (value as unknown[]).filter((each) => typeof each === 'string')
    : [];
}

/** Where the program may be, by a path on the node. */
function placesOf(program: string, { path, cwd, root }: Bundle): readonly string[] {
  const base = root.startsWith('/') ? root : `/root/${root}`;
  if (program.startsWith('/')) return [`${base}${program}`];
  if (program.includes('/')) return [`${base}${cwd}/${program}`];
  return path.map((directory) => `${base}/${directory}/${program}`);
}

/** Whether it is a shell that would read commands from its standard input: not one that is given them. */
function isIdleShell([program = '', ...options]: readonly string[]): boolean {
  return /^(.*\/)?(sh|bash)$/.test(program) && options.every((option) => /^-[^c]*$/.test(option));
}

/** What the runtime itself puts into a container's upper directory: the places of what it mounts. */
const placesOfMounts = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/dev/*']
  .map((path) => `! -path '*/fs${path}'`)
  .join(' ');

export default {
  'a-bundle': {
    root: async (scene) => {
      const bundle = await readBundle(scene);
      if (bundle === 'none') return 'none';
      if ('mistake' in bundle) return 'broken';
      const [program = ''] = bundle.args;
      if (program === '') return 'nameless';
      // A link is followed from within the root, where it may lead to a file that is there.
      const isThere = '[ -L "$file" ] || { [ -f "$file" ] && [ -x "$file" ]; }';
      const places = placesOf(program, bundle).map(quote).join(' ');
      const { code } = await scene.run(
        `for file in ${places}; do { ${isThere}; } && exit 0; done; exit 1`,
      );
      return code === 0 || { reason: 'missing', values: { program } };
    },
    list: async (scene) => {
      const bundle = await readBundle(scene);
      if (bundle === 'none') return 'none';
      if ('mistake' in bundle) return { reason: 'broken', values: { message: bundle.mistake } };
      if (bundle.args.length === 0) return 'nameless';
      if (bundle.terminal) return 'terminal';
      return isIdleShell(bundle.args) ? 'shell' : true;
    },
  },
  created: {
    created: async (scene) => {
      const all = await containers(scene);
      if (all.some(({ status }) => status === 'created')) return true;
      const [first] = all;
      return first ? { reason: 'started', values: { name: first.id } } : 'none';
    },
  },
  started: {
    running: async (scene) => {
      const all = await containers(scene);
      if (all.some(({ status }) => status === 'running')) return true;
      return all.some(({ status }) => status === 'created') ? 'created' : 'none';
    },
    inside: async (scene) => {
      const firsts = await runningPids(scene);
      if (firsts.length === 0) return 'none';
      const { stdout } = await scene.run(listPidNamespaces);
      const inodes = namespacesIn(stdout);
      const own = new Set(firsts.map((pid) => inodes.get(pid)));
      const others = [...inodes].filter(([pid, inode]) => own.has(inode) && !firsts.includes(pid));
      if (others.length === 0) return 'alone';
      const files = others.map(([pid]) => `/proc/${pid}/stat`).join(' ');
      const stats = (await scene.run(`cat ${files}`)).stdout;
      const parents = new Map(
        [...stats.matchAll(/^(\d+) \(.*\) \w (\d+) /gm)].map(([, pid, parent]) => [
          Number(pid),
          Number(parent),
        ]),
      );
      const fromOutside = ([pid, inode]: [number, string]) =>
        parents.has(pid) && inodes.get(parents.get(pid) ?? 0) !== inode;
      return others.some(fromOutside) || 'child';
    },
  },
  'beside-it': {
    joined: async (scene) => {
      const { pids, pairs } = await sharing(scene);
      return pairs.length > 0 || { reason: 'one', values: { count: String(pids.length) } };
    },
    apart: async (scene) => {
      const { pairs } = await sharing(scene);
      if (pairs.length === 0) return 'none';
      const all = [1, ...new Set(pairs.flat())];
      const processes = await namespaces(scene, all, 'pid');
      const files = await namespaces(scene, all, 'mnt');
      const isApart = (pair: readonly number[]) =>
        [processes, files].every(
          (inodes) => new Set([1, ...pair].map((pid) => inodes.get(pid))).size === 3,
        );
      return pairs.some(isApart) || 'shared';
    },
  },
  'whose-bundles': {
    runs: ({ pods }) => pods.some((pod) => runningContainers(pod).length > 0) || 'none',
    written: async ({ pods, run }) => {
      if (!pods.some((pod) => runningContainers(pod).length > 0)) return 'none';
      const { stdout } = await run(
        `find /var/lib/sandglass/containers/*/fs -type f ${placesOfMounts}`,
      );
      return stdout.trim() !== '' || 'untouched';
    },
  },
} satisfies LessonChecks;
