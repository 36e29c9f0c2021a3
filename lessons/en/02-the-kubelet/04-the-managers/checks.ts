import { quote } from '#base/shell-quote.ts';
import type { ConfigMap, KeyToPath, Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { isRunning } from '#lessons/scene.ts';

const runs = (pod: Pod) => (pod.spec?.containers ?? []).some(({ name }) => isRunning(pod, name));

/** A running pod's volume that is a ConfigMap, and where it lies on the node. */
interface MapVolume {
  configMap: string;
  namespace: string;
  /** Which keys are there, if not all, and by what names. */
  items: readonly KeyToPath[] | undefined;
  directory: string;
}

function mapVolumes({ pods }: Scene): readonly MapVolume[] {
  return pods.filter(runs).flatMap(({ metadata, spec }) =>
    (spec?.volumes ?? []).flatMap(({ name, configMap }) => {
      if (configMap?.name === undefined) return [];
      return {
        configMap: configMap.name,
        namespace: metadata?.namespace ?? '',
        items: configMap.items,
        directory: `/var/lib/kubelet/pods/${metadata?.uid}/volumes/kubernetes.io~configmap/${name}`,
      };
    }),
  );
}

/** Whether the ConfigMap has been changed in this step by anyone, or deleted and made anew. */
function isChanged({ trace }: Scene, { configMap, namespace }: MapVolume): boolean {
  const verbs = trace.flatMap((record) =>
    record.kind === 'api-write' &&
    record.resource === 'configmaps' &&
    record.name === configMap &&
    record.namespace === namespace
      ? [record.verb]
      : [],
  );
  const deletion = verbs.indexOf('delete');
  const isAnew = deletion >= 0 && verbs.includes('create', deletion);
  return isAnew || verbs.includes('update') || verbs.includes('patch');
}

const changedVolumes = (scene: Scene) =>
  mapVolumes(scene).filter((volume) => isChanged(scene, volume));

/** What the volume's files should say, by their paths in it; base64. */
async function wantedFiles(
  { run }: Scene,
  { configMap, namespace, items }: MapVolume,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run(
    `kubectl get configmap ${quote(configMap)} -n ${quote(namespace)} -o json`,
  );
  const { data = {}, binaryData = {} } = JSON.parse(stdout || '{}') as ConfigMap;
  const values = new Map([
    ...Object.entries(data).map(([key, text]) => [key, base64Of(text)] as const),
    ...Object.entries(binaryData),
  ]);
  if (!items) return values;
  return new Map(items.map(({ key, path }) => [path, values.get(key) ?? '']));
}

function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** What the volume's files say, by their paths in it; base64. What begins with `..` is the kubelet's own. */
async function filesOf(
  { run }: Scene,
  { directory }: MapVolume,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run(
    `cd ${quote(directory)} && find -L . -type f ! -path './..*' | while IFS= read -r file; do ` +
      `echo "$(base64 < "$file" | tr -d '\\n') $file"; done`,
  );
  const lines = stdout.matchAll(/^(\S*) \.\/(.+)$/gm);
  return new Map([...lines].map(([, content = '', file = '']) => [file, content]));
}

/** The first file of the volume that is not as its ConfigMap wants it; `true` if all are. */
async function isFresh(scene: Scene, volume: MapVolume): Promise<true | Stale> {
  const wanted = await wantedFiles(scene, volume);
  const files = await filesOf(scene, volume);
  for (const file of new Set([...wanted.keys(), ...files.keys()])) {
    const content = files.get(file);
    if (content !== wanted.get(file)) return { file, content };
  }
  return true;
}

interface Stale {
  file: string;
  /** base64; undefined of one that is not there. */
  content: string | undefined;
}

/** The beginning of what a file says, as text. */
function beginningOf(content: string): string {
  const most = 60;
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const [line = ''] = new TextDecoder().decode(bytes).trim().split('\n');
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

/** The pods of which an image could not be pulled in this step, by uid. */
const failedPulls = ({ trace }: Scene) =>
  new Set(
    trace.flatMap((record) =>
      record.kind === 'cri-return' && record.method === 'PullImage' && record.error
        ? [record.pod?.uid]
        : [],
    ),
  );

/** `True`, `False` or `Unknown`; empty if the API does not say. */
async function nodeReady({ run }: Scene): Promise<string> {
  const { stdout } = await run(
    `kubectl get node node-1 -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}'`,
  );
  return stdout;
}

async function hasNetworkFile({ run }: Scene): Promise<boolean> {
  const { stdout } = await run('ls /etc/cni/net.d');
  return stdout.trim() !== '';
}

/** Whether an event of this step says that the node is not ready. */
function wasNotReady({ events, trace }: Scene): boolean {
  const written = new Set(
    trace.flatMap((record) =>
      record.kind === 'api-write' && record.resource === 'events' ? [record.name] : [],
    ),
  );
  return events.some(
    ({ reason, metadata }) => reason === 'NodeNotReady' && written.has(metadata.name ?? ''),
  );
}

/** What the API refuses a pod for that wants more CPUs than there are for it. */
const cpuReasons = ['UnexpectedAdmissionError', 'OutOfcpu'];

export default {
  'a-volume-is-a-directory': {
    mounted: (scene) => mapVolumes(scene).length > 0 || 'none',
    changed: (scene) => {
      if (changedVolumes(scene).length > 0) return true;
      return mapVolumes(scene).length > 0 ? 'first' : 'none';
    },
    fresh: async (scene) => {
      let stale: Stale | undefined;
      for (const volume of changedVolumes(scene)) {
        const answer = await isFresh(scene, volume);
        if (answer === true) return true;
        stale ??= answer;
      }
      if (!stale) return 'none';
      const { file, content } = stale;
      if (content === undefined) return { reason: 'missing', values: { file } };
      return { reason: 'stale', values: { file, text: beginningOf(content) } };
    },
  },
  'an-image-that-is-not-there': {
    failed: (scene) => failedPulls(scene).size > 0 || 'none',
    mended: (scene) => {
      const failed = failedPulls(scene);
      const pods = scene.pods.filter(({ metadata }) => failed.has(metadata?.uid));
      if (pods.some(runs)) return true;
      const [pod] = pods;
      if (!pod) return 'none';
      const image = pod.spec?.containers[0]?.image ?? '';
      return { reason: 'waits', values: { pod: pod.metadata?.name ?? '', image } };
    },
  },
  'the-heartbeat': {
    lost: async (scene) => {
      const ready = await nodeReady(scene);
      if (wasNotReady(scene) || ready === 'False' || ready === 'Unknown') return true;
      return (await hasNetworkFile(scene)) ? 'file' : 'soon';
    },
    back: async (scene) => {
      if (!wasNotReady(scene)) return 'none';
      if ((await nodeReady(scene)) === 'True') return true;
      return (await hasNetworkFile(scene)) ? 'soon' : 'gone';
    },
  },
  'processors-of-ones-own': {
    static: async ({ run }) => {
      const state = await run('cat /var/lib/kubelet/cpu_manager_state');
      if (/"policyName": ?"static"/.test(state.stdout)) return true;
      const configuration = await run('cat /var/lib/kubelet/config.yaml');
      if (!/^\s*"?cpuManagerPolicy"?: *["']?static/m.test(configuration.stdout)) return 'none';
      return state.code === 0 ? 'state' : 'soon';
    },
    confined: async ({ run }) => {
      const { stdout } = await run(
        'find /sys/fs/cgroup/kubepods -mindepth 3 -name cpuset.cpus -exec grep -H "" {} +',
      );
      if (/cpuset\.cpus:\d/.test(stdout)) return true;
      return stdout === '' ? 'none' : 'soon';
    },
    refused: ({ pods }) =>
      pods.some(
        ({ status }) => status?.phase === 'Failed' && cpuReasons.includes(status.reason ?? ''),
      ) || 'none',
  },
} satisfies LessonChecks;
