import { quote } from '#base/shell-quote.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { RunPodSandboxRequest } from '#kube/cri/api_pb.ts';
import type { Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { hasBreakpoint, runningContainers } from '#lessons/scene.ts';

const isRunning = (pod: Pod) => runningContainers(pod).length > 0;

const uidOf = ({ metadata }: Pod) => metadata?.uid ?? '';

const nameOf = ({ metadata }: Pod) => metadata?.name ?? '';

/** The pods that have been bound in this step, by the scheduler of this cluster or by anybody else. */
function boundPods({ pods, trace }: Scene, by: 'scheduler' | 'others'): readonly Pod[] {
  const bound = new Set(
    trace.flatMap((record) =>
      record.kind === 'api-write' &&
      record.verb === 'binding' &&
      (record.userAgent === 'kube-scheduler') === (by === 'scheduler')
        ? [record.pod?.uid]
        : [],
    ),
  );
  return pods.filter((pod) => bound.has(uidOf(pod)) && pod.spec?.nodeName);
}

const isCall = (record: TraceRecord, method: string) =>
  record.kind === 'cri-call' && record.method === method;

const isReturn = (record: TraceRecord, method: string) =>
  record.kind === 'cri-return' && record.method === method && !record.error;

const sandboxPoint = 'cri/RunPodSandbox';

/** The uids of the pods whose sandboxes are about to be made. */
function heldPods({ held }: Scene): readonly string[] {
  return held
    .filter(({ point }) => point === sandboxPoint)
    .flatMap(({ details }) => {
      const { request } = (details ?? {}) as { request?: RunPodSandboxRequest };
      return request?.config?.metadata?.uid ?? [];
    });
}

/** Whether a pod's cgroup, its directory and a volume in it are on the node. */
async function isPrepared({ run }: Scene, uid: string): Promise<boolean> {
  const volumes = `/var/lib/kubelet/pods/${quote(uid)}/volumes`;
  const cgroup = `find /sys/fs/cgroup/kubepods -name ${quote(`pod${uid}`)} | grep -q .`;
  const { code } = await run(`ls -d ${volumes}/*/* && ${cgroup}`);
  return code === 0;
}

/** A pull of this step: from its record to that of its end, if it has ended. */
interface Pull {
  pod: string;
  begin: number;
  end: number | undefined;
}

function pullsOf({ trace }: Scene): readonly Pull[] {
  return trace
    .filter((record) => isCall(record, 'PullImage'))
    .map(({ id, pod }) => ({
      pod: pod?.uid ?? '',
      begin: id,
      end: trace.find((record) => record.kind === 'cri-return' && record.parent === id)?.id,
    }));
}

export default {
  'a-pod-that-nobody-takes': {
    waits: ({ pods }) => {
      const waiting = pods.filter(({ spec }) => spec && !spec.nodeName);
      if (waiting.length === 0) return 'none';
      return waiting.some(({ spec }) => spec?.schedulerName !== 'default-scheduler') || 'scheduled';
    },
  },
  'be-the-scheduler': {
    bound: (scene) => {
      if (boundPods(scene, 'others').length > 0) return true;
      if (scene.pods.some(({ spec }) => spec && !spec.nodeName)) return 'none';
      const [scheduled] = boundPods(scene, 'scheduler');
      if (scheduled) return { reason: 'scheduler', values: { pod: nameOf(scheduled) } };
      return 'gone';
    },
    taken: (scene) => {
      const uids = new Set(boundPods(scene, 'others').map(uidOf));
      return (
        scene.trace.some(
          (record) =>
            record.kind === 'sync-loop' &&
            record.operation === 'ADD' &&
            record.pods.some(({ uid }) => uids.has(uid)),
        ) || 'none'
      );
    },
    running: (scene) => {
      const bound = boundPods(scene, 'others');
      if (bound.length === 0) return 'none';
      return bound.some(isRunning) || 'working';
    },
  },
  'before-the-first-call': {
    held: (scene) => {
      if (heldPods(scene).length > 0) return true;
      if (scene.trace.some((record) => isCall(record, 'RunPodSandbox'))) return 'gone';
      return hasBreakpoint(scene, sandboxPoint) ? 'ready' : 'free';
    },
    prepared: async (scene) => {
      const uids = heldPods(scene);
      if (uids.length === 0) return 'none';
      for (const uid of uids) if (await isPrepared(scene, uid)) return true;
      const pod = scene.pods.find((each) => uids.includes(uidOf(each)));
      return { reason: 'bare', values: { pod: pod ? nameOf(pod) : '' } };
    },
    running: (scene) => {
      if (heldPods(scene).length > 0) return 'held';
      const made = scene.trace.filter((record) => isReturn(record, 'RunPodSandbox'));
      if (made.length === 0) return 'none';
      const uids = new Set(made.map(({ pod }) => pod?.uid));
      return scene.pods.some((pod) => uids.has(uidOf(pod)) && isRunning(pod)) || 'working';
    },
  },
  overtaken: {
    overtaken: (scene) => {
      const pulls = pullsOf(scene);
      if (pulls.length === 0) return 'none';
      const starts = scene.trace.filter((record) => isReturn(record, 'StartContainer'));
      const meanwhile = pulls.some(({ pod, begin, end = Infinity }) =>
        starts.some((start) => start.pod?.uid !== pod && start.id > begin && start.id < end),
      );
      if (meanwhile) return true;
      return pulls.some(({ end }) => end === undefined) ? 'pulling' : 'late';
    },
    both: (scene) => {
      const pulled = new Set(pullsOf(scene).map(({ pod }) => pod));
      if (scene.held.length > 0) return 'held';
      const started = scene.trace.filter((record) => isReturn(record, 'StartContainer'));
      const running = new Set(scene.pods.filter(isRunning).map(uidOf));
      const uids = [...new Set(started.map(({ pod }) => pod?.uid ?? ''))].filter((uid) =>
        running.has(uid),
      );
      return (uids.length > 1 && uids.some((uid) => pulled.has(uid))) || 'waiting';
    },
  },
} satisfies LessonChecks;
