import type { LessonChecks, Scene } from '#lessons/code.ts';

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

async function readySandbox(scene: Scene): Promise<Sandbox | undefined> {
  return (await sandboxes(scene)).find(({ state }) => state === 'SANDBOX_READY');
}

async function addressOf({ run }: Scene, { id }: Sandbox): Promise<string> {
  const { stdout } = await run(
    `crictl inspectp -o go-template --template '{{.status.network.ip}}' ${id}`,
  );
  return stdout.trim();
}

/** Network namespaces that are not the node's: how many processes each has, and the addresses in it. */
const namespaces = `lsns -n -t net -o PID,NPROCS | while read -r pid count; do
  [ /proc/$pid/ns/net -ef /proc/1/ns/net ] || echo $count $(nsenter -t $pid -n ip -4 -o addr show | awk '{print $4}')
done`;

/** How many processes are in the namespace with the address; 0 if there is none. */
async function processesAt({ run }: Scene, address: string): Promise<number> {
  const { stdout } = await run(namespaces);
  const line = stdout.split('\n').find((each) => each.includes(` ${address}/`));
  return Number(line?.split(' ')[0] ?? 0);
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

async function podOf(scene: Scene) {
  const uids = (await sandboxes(scene)).map(({ metadata }) => metadata.uid);
  return scene.pods.find(({ metadata }) => uids.includes(metadata?.uid ?? ''));
}

export default {
  'a-runtime-that-says-no': {
    class: async ({ run }) => {
      const { stdout } = await run("kubectl get runtimeclass -o jsonpath='{.items[*].handler}'");
      return stdout.split(/\s+/).includes('toy') || undefined;
    },
    asked: (scene) => {
      if (lastAnswer(scene, 'RunPodSandbox')) return true;
      return scene.pods.some(({ spec }) => spec?.runtimeClassName) ? 'waiting' : 'no-pod';
    },
  },
  'run-pod-sandbox': {
    made: async (scene) =>
      (await readySandbox(scene)) !== undefined || reasonOf(scene, 'RunPodSandbox'),
    apart: async (scene) => {
      const sandbox = await readySandbox(scene);
      if (!sandbox) return undefined;
      const address = await addressOf(scene, sandbox);
      if (address === '') return 'none';
      const count = await processesAt(scene, address);
      return count > 0 || { reason: 'nowhere', values: { address } };
    },
    next: (scene) => lastAnswer(scene, 'CreateContainer') !== undefined || undefined,
  },
  'create-container': {
    created: async (scene) => {
      const { stdout } = await scene.run('crictl ps -a -q');
      return /^toy-/m.test(stdout) || reasonOf(scene, 'CreateContainer');
    },
    running: async (scene) => {
      const pod = await podOf(scene);
      return pod?.status?.containerStatuses?.every(({ state }) => state?.running) || undefined;
    },
    joined: async (scene) => {
      const sandbox = await readySandbox(scene);
      if (!sandbox) return undefined;
      const address = await addressOf(scene, sandbox);
      return (address !== '' && (await processesAt(scene, address)) > 1) || 'elsewhere';
    },
  },
  'what-the-kubelet-never-knew': {
    again: async (scene) => {
      const answer = lastAnswer(scene, 'StartContainer');
      if (answer && !answer.error) return true;
      const pod = await podOf(scene);
      if (!pod) return 'no-pod';
      const [status] = pod.status?.containerStatuses ?? [];
      return status?.state?.running ? 'alive' : 'waiting';
    },
    gone: async (scene) => {
      if (await podOf(scene)) return 'there';
      const answer = lastAnswer(scene, 'StopPodSandbox');
      return (answer && !answer.error) || 'left';
    },
  },
} satisfies LessonChecks;
