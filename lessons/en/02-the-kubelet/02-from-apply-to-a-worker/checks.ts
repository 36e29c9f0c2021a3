import type { TraceRecord } from '#base/trace-records.ts';
import type { RunPodSandboxRequest } from '#kube/cri/api_pb.ts';
import type { Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';

const isRunning = ({ status }: Pod) =>
  status?.containerStatuses?.some(({ state }) => state?.running) ?? false;

const uidOf = ({ metadata }: Pod) => metadata?.uid ?? '';

/** The pods that have been bound in this step. */
function boundPods({ pods, trace }: Scene): readonly Pod[] {
  const bound = new Set(
    trace.flatMap((record) =>
      record.kind === 'api-write' && record.verb === 'binding' && record.status === 201
        ? [record.name]
        : [],
    ),
  );
  return pods.filter(({ metadata, spec }) => bound.has(metadata?.name ?? '') && spec?.nodeName);
}

const isCall = (record: TraceRecord, method: string) =>
  record.kind === 'cri-call' && record.method === method;

const isReturn = (record: TraceRecord, method: string) =>
  record.kind === 'cri-return' && record.method === method && !record.error;

const sandboxPoint = 'cri/RunPodSandbox';

/** The uid of the pod whose sandbox is about to be made. */
function heldPod({ held }: Scene): string | undefined {
  const call = held.find(({ point }) => point === sandboxPoint);
  const { request } = (call?.details ?? {}) as { request?: RunPodSandboxRequest };
  return request?.config?.metadata?.uid;
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
    bound: (scene) => boundPods(scene).length > 0 || 'none',
    taken: (scene) => {
      const uids = new Set(boundPods(scene).map(uidOf));
      return (
        scene.trace.some(
          (record) =>
            record.kind === 'sync-loop' &&
            record.operation === 'ADD' &&
            record.pods.some(({ uid }) => uids.has(uid)),
        ) || undefined
      );
    },
    running: (scene) => {
      const bound = boundPods(scene);
      if (bound.length === 0) return undefined;
      return bound.some(isRunning) || 'working';
    },
  },
  'before-the-first-call': {
    held: (scene) => {
      if (heldPod(scene) !== undefined) return true;
      if (scene.trace.some((record) => isCall(record, 'RunPodSandbox'))) return 'gone';
      return scene.breakpoints.some((point) => sandboxPoint.startsWith(point.replace('*', '')))
        ? undefined
        : 'free';
    },
    prepared: async (scene) => {
      const uid = heldPod(scene);
      if (uid === undefined) return undefined;
      const { code } = await scene.run(
        `ls -d /var/lib/kubelet/pods/${uid}/volumes/*/* && find /sys/fs/cgroup/kubepods -name 'pod${uid}' | grep .`,
      );
      return code === 0 || undefined;
    },
    running: (scene) => {
      if (heldPod(scene) !== undefined) return 'held';
      const made = scene.trace.filter((record) => isReturn(record, 'RunPodSandbox'));
      const uids = new Set(made.map(({ pod }) => pod?.uid));
      return scene.pods.some((pod) => uids.has(uidOf(pod)) && isRunning(pod)) || undefined;
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
      return (uids.length > 1 && uids.some((uid) => pulled.has(uid))) || undefined;
    },
  },
} satisfies LessonChecks;
