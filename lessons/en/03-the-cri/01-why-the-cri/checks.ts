import { quote } from '#base/shell-quote.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { runningContainers } from '#lessons/scene.ts';

/** A sandbox of the reader's runtime as the CRI lists it. */
interface Sandbox {
  id: string;
  state: string;
  runtimeHandler: string;
  metadata: { uid: string };
}

async function sandboxes({ run }: Scene): Promise<Sandbox[]> {
  const { stdout } = await run('crictl pods -o json');
  const { items } = JSON.parse(stdout || '{"items":[]}') as { items: Sandbox[] };
  return items.filter(({ runtimeHandler }) => runtimeHandler === 'toy');
}

async function readySandboxes(scene: Scene): Promise<readonly Sandbox[]> {
  return (await sandboxes(scene)).filter(({ state }) => state === 'SANDBOX_READY');
}

async function addressOf({ run }: Scene, { id }: Sandbox): Promise<string> {
  const { stdout } = await run(
    `crictl inspectp -o go-template --template '{{.status.network.ip}}' ${quote(id)}`,
  );
  return stdout.trim();
}

/** Network namespaces that are not the node's: how many processes each has, and the addresses in it. */
const namespaces = `lsns -n -t net -o PID,NPROCS | while read -r pid count; do
  [ /proc/$pid/ns/net -ef /proc/1/ns/net ] || echo $count $(nsenter -t $pid -n ip -4 -o addr show | awk '{print $4}')
done`;

/** The addresses of the sandboxes that are ready, and how many processes are in the network with each. */
async function readyAddresses(scene: Scene): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const sandbox of await readySandboxes(scene)) {
    const address = await addressOf(scene, sandbox);
    if (address === '') continue;
    const { stdout } = await scene.run(namespaces);
    const line = stdout.split('\n').find((each) => each.includes(` ${address}/`));
    counts.set(address, Number(line?.split(' ')[0] ?? 0));
  }
  return counts;
}

async function hasContainer({ run }: Scene): Promise<boolean> {
  const { stdout } = await run('crictl ps -a -q');
  return /^toy-/m.test(stdout);
}

/** What the last call of the method that went to the reader's runtime came to. */
function lastAnswer({ trace }: Scene, method: string) {
  const calls = new Set(
    trace.flatMap((record) => {
      if (record.kind !== 'cri-call' || record.method !== method) return [];
      const {
        runtimeHandler,
        podSandboxId = '',
        containerId = '',
      } = record.request as Record<string, string>;
      const isTheirs = runtimeHandler === 'toy' || (podSandboxId + containerId).startsWith('toy-');
      return isTheirs ? [record.id] : [];
    }),
  );
  return trace.findLast(
    (record) => record.kind === 'cri-return' && calls.has(record.parent ?? 0),
  ) as { error?: { message: string } } | undefined;
}

/** Why what the method makes is not there. */
function reasonOf(scene: Scene, method: string) {
  const message = lastAnswer(scene, method)?.error?.message;
  return message === undefined ? 'waiting' : { reason: 'failed', values: { message } };
}

/** The pods that the reader's runtime has sandboxes of. */
async function podsOf(scene: Scene) {
  const uids = (await sandboxes(scene)).map(({ metadata }) => metadata.uid);
  return scene.pods.filter(({ metadata }) => uids.includes(metadata?.uid ?? ''));
}

export default {
  'a-runtime-that-says-no': {
    class: async ({ run }) => {
      const { stdout } = await run("kubectl get runtimeclass -o jsonpath='{.items[*].handler}'");
      return stdout.split(/\s+/).includes('toy') || 'none';
    },
    asked: (scene) => {
      if (lastAnswer(scene, 'RunPodSandbox')) return true;
      return scene.pods.some(({ spec }) => spec?.runtimeClassName) ? 'waiting' : 'no-pod';
    },
  },
  'run-pod-sandbox': {
    made: async (scene) =>
      (await readySandboxes(scene)).length > 0 || reasonOf(scene, 'RunPodSandbox'),
    apart: async (scene) => {
      if ((await readySandboxes(scene)).length === 0) return 'no-sandbox';
      const counts = await readyAddresses(scene);
      const [address] = counts.keys();
      if (address === undefined) return 'none';
      if ([...counts.values()].some((count) => count > 0)) return true;
      return { reason: 'nowhere', values: { address } };
    },
    next: async (scene) => {
      if (lastAnswer(scene, 'CreateContainer') || (await hasContainer(scene))) return true;
      return 'waiting';
    },
  },
  'create-container': {
    created: async (scene) => (await hasContainer(scene)) || reasonOf(scene, 'CreateContainer'),
    running: async (scene) => {
      const pods = await podsOf(scene);
      return pods.some((pod) => runningContainers(pod).length > 0) || 'waiting';
    },
    joined: async (scene) => {
      const counts = [...(await readyAddresses(scene)).values()];
      if (counts.length === 0) return 'no-sandbox';
      return counts.some((count) => count > 1) || 'elsewhere';
    },
  },
  'what-the-kubelet-never-knew': {
    again: async (scene) => {
      const answer = lastAnswer(scene, 'StartContainer');
      if (answer && !answer.error) return true;
      const pods = await podsOf(scene);
      if (pods.length === 0) return 'no-pod';
      return pods.some((pod) => runningContainers(pod).length > 0) ? 'alive' : 'waiting';
    },
    gone: async (scene) => {
      if ((await podsOf(scene)).length > 0) return 'there';
      const answer = lastAnswer(scene, 'StopPodSandbox');
      return (answer && !answer.error) || 'left';
    },
  },
} satisfies LessonChecks;
