import type { Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { isRunning } from '#lessons/scene.ts';

const runs = (pod: Pod) => (pod.spec?.containers ?? []).some(({ name }) => isRunning(pod, name));

/** A running pod's volume that is a ConfigMap, and where it lies on the node. */
interface MapVolume {
  configMap: string;
  directory: string;
}

function mapVolumes({ pods }: Scene): readonly MapVolume[] {
  return pods.filter(runs).flatMap(({ metadata, spec }) =>
    (spec?.volumes ?? []).flatMap(({ name, configMap }) => {
      if (configMap?.name === undefined) return [];
      const directory = `/var/lib/kubelet/pods/${metadata?.uid}/volumes/kubernetes.io~configmap/${name}`;
      return [{ configMap: configMap.name, directory }];
    }),
  );
}

/** Whether a ConfigMap has been changed in this step by anyone. */
const isMapChanged = ({ trace }: Scene) =>
  trace.some(
    (record) =>
      record.kind === 'api-write' &&
      record.resource === 'configmaps' &&
      (record.verb === 'update' || record.verb === 'patch') &&
      record.status === 200,
  );

/** The pods of which an image could not be pulled in this step, by uid. */
const failedPulls = ({ trace }: Scene) =>
  new Set(
    trace.flatMap((record) =>
      record.kind === 'cri-return' && record.method === 'PullImage' && record.error
        ? [record.pod?.uid]
        : [],
    ),
  );

async function isNodeReady({ run }: Scene): Promise<boolean> {
  const { stdout } = await run(
    `kubectl get node node-1 -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}'`,
  );
  return stdout === 'True';
}

async function hasNetworkFile({ run }: Scene): Promise<boolean> {
  const { stdout } = await run('ls /etc/cni/net.d');
  return stdout.trim() !== '';
}

const wasNotReady = ({ events }: Scene) => events.some(({ reason }) => reason === 'NodeNotReady');

/** What the API refuses a pod for that wants more CPUs than there are for it. */
const cpuReasons = ['UnexpectedAdmissionError', 'OutOfcpu'];

export default {
  'a-volume-is-a-directory': {
    mounted: (scene) => mapVolumes(scene).length > 0 || 'none',
    changed: (scene) => isMapChanged(scene) || undefined,
    fresh: async (scene) => {
      const [volume] = mapVolumes(scene);
      if (!volume || !isMapChanged(scene)) return undefined;
      const { configMap, directory } = volume;
      const wanted = await scene.run(`kubectl get configmap ${configMap} -o jsonpath='{.data.*}'`);
      const { stdout } = await scene.run(`cd ${directory} && for f in *; do cat $f; done`);
      return stdout === wanted.stdout || { reason: 'stale', values: { text: stdout.trim() } };
    },
  },
  'an-image-that-is-not-there': {
    failed: (scene) => failedPulls(scene).size > 0 || 'none',
    mended: (scene) => {
      const failed = failedPulls(scene);
      const pods = scene.pods.filter(({ metadata }) => failed.has(metadata?.uid ?? ''));
      if (pods.some(runs)) return true;
      const [pod] = pods;
      if (!pod) return undefined;
      const image = pod.spec?.containers[0]?.image ?? '';
      return { reason: 'waits', values: { pod: pod.metadata?.name ?? '', image } };
    },
  },
  'the-heartbeat': {
    lost: async (scene) => {
      if (wasNotReady(scene) || !(await isNodeReady(scene))) return true;
      return (await hasNetworkFile(scene)) ? 'file' : 'soon';
    },
    back: async (scene) => {
      if (!wasNotReady(scene)) return undefined;
      if (await isNodeReady(scene)) return true;
      return (await hasNetworkFile(scene)) ? 'soon' : 'gone';
    },
  },
  'processors-of-ones-own': {
    static: async ({ run }) => {
      const state = await run('cat /var/lib/kubelet/cpu_manager_state');
      if (/"policyName": ?"static"/.test(state.stdout)) return true;
      const { code } = await run('grep static /var/lib/kubelet/config.yaml');
      return code === 0 && state.code === 0 ? 'state' : 'none';
    },
    confined: async ({ run }) => {
      const { stdout } = await run(
        'find /sys/fs/cgroup/kubepods -mindepth 3 -name cpuset.cpus -exec cat {} +',
      );
      return /\d/.test(stdout) || 'soon';
    },
    refused: ({ pods }) =>
      pods.some(
        ({ status }) => status?.phase === 'Failed' && cpuReasons.includes(status.reason ?? ''),
      ) || undefined,
  },
} satisfies LessonChecks;
