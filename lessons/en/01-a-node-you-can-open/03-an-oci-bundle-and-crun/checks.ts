import type { LessonChecks, Scene } from '#lessons/code.ts';
import { isRunning } from '#lessons/scene.ts';

/** What a check reads of an OCI runtime specification's config.json. */
interface Bundle {
  process?: { terminal?: boolean; args?: readonly string[] };
  root?: { path?: string };
}

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
    return JSON.parse(stdout) as Bundle;
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

const runningPod = ({ pods }: Scene) =>
  pods.find((pod) => (pod.spec?.containers ?? []).some(({ name }) => isRunning(pod, name)));

export default {
  'a-bundle': {
    root: async (scene) => {
      const bundle = await readBundle(scene);
      if (bundle === 'none') return 'none';
      if ('mistake' in bundle) return undefined;
      const program = bundle.process?.args?.[0] ?? '';
      const root = bundle.root?.path ?? 'rootfs';
      const { code } = await scene.run(`cd /root; ls ${root}/bin/${program}`);
      return code === 0 || { reason: 'missing', values: { program } };
    },
    list: async (scene) => {
      const bundle = await readBundle(scene);
      if (bundle === 'none') return undefined;
      if ('mistake' in bundle) return { reason: 'broken', values: { message: bundle.mistake } };
      const { terminal = false, args: [program = ''] = [] } = bundle.process ?? {};
      if (terminal) return 'terminal';
      return /^(.*\/)?(sh|bash)$/.test(program) ? 'shell' : true;
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
      return all.some(({ status }) => status === 'created') ? 'created' : undefined;
    },
    inside: async (scene) => {
      const running = (await containers(scene)).filter(({ status }) => status === 'running');
      if (running.length === 0) return undefined;
      const firsts = running.map(({ pid }) => pid);
      const { stdout } = await scene.run(listPidNamespaces);
      const inodes = namespacesIn(stdout);
      const own = new Set(firsts.map((pid) => inodes.get(pid)));
      const second = [...inodes].some(([pid, inode]) => own.has(inode) && !firsts.includes(pid));
      return second || 'alone';
    },
  },
  'beside-it': {
    joined: async (scene) => {
      const pids = await runningPids(scene);
      if (pids.length === 0) return undefined;
      const net = await namespaces(scene, [1, ...pids], 'net');
      const own = pids.map((pid) => net.get(pid)).filter((inode) => inode !== net.get(1));
      const shared = new Set(own).size < own.length;
      return shared || { reason: 'one', values: { count: String(pids.length) } };
    },
    apart: async (scene) => {
      const pids = await runningPids(scene);
      if (pids.length < 2) return undefined;
      const separate = async (kind: 'pid' | 'mnt') =>
        new Set((await namespaces(scene, [1, ...pids], kind)).values()).size === pids.length + 1;
      return ((await separate('pid')) && (await separate('mnt'))) || undefined;
    },
  },
  'whose-bundles': {
    runs: (scene) => runningPod(scene) !== undefined || 'none',
    written: async (scene) => {
      if (!runningPod(scene)) return undefined;
      // Below etc and dev are the places of what the runtime mounts.
      const { stdout } = await scene.run(
        "find /var/lib/sandglass/containers/*/fs -type f ! -path '*/etc/*' ! -path '*/dev/*'",
      );
      return stdout.trim() !== '' || 'untouched';
    },
  },
} satisfies LessonChecks;
