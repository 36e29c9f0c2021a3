import type { SyncLoopSource } from '#base/trace-records.ts';
import type { Container, ContainerStatus, Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, podNamed, runningContainers } from '#lessons/scene.ts';

type Probe = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

/** The containers that have these probes, with their pods and states. */
function probed({ pods }: Scene, ...probes: readonly Probe[]) {
  return pods.flatMap((pod) =>
    (pod.spec?.containers ?? [])
      .filter((container: Container) => probes.every((probe) => container[probe]))
      .map(({ name }) => ({ pod, status: containerStatus(pod, name) })),
  );
}

/** Whether a source has told SyncLoop this in this step, of one of these pods. */
function hasTold(
  { trace }: Scene,
  source: SyncLoopSource,
  operation: string,
  pods: readonly (Pod | undefined)[],
): boolean {
  const uids = new Set(pods.map((pod) => pod?.metadata?.uid));
  return trace.some(
    (record) =>
      record.kind === 'sync-loop' &&
      record.source === source &&
      record.operation === operation &&
      record.pods.some(({ uid }) => uids.has(uid)),
  );
}

const runs = (status: ContainerStatus | undefined) => status?.state?.running !== undefined;

const isHeldAtPleg = ({ held }: Scene) => held.some(({ point }) => point === 'sync-loop/pleg');

/** Whether SyncLoop is held before it hears that something of a pod has died. */
const isHeldBeforeDeath = ({ held }: Scene, name: string) =>
  held.some(({ point, details }) => {
    const { operation, pods = [] } = (details ?? {}) as {
      operation?: string;
      pods?: readonly { name: string }[];
    };
    return (
      point === 'sync-loop/pleg' &&
      operation === 'ContainerDied' &&
      pods.some((pod) => pod.name === name)
    );
  });

const isReady = ({ status }: Pod) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

const statusesOf = (scene: Scene, pod: string) =>
  podNamed(scene, pod)?.status?.containerStatuses ?? [];

const restartsOf = (scene: Scene, pod: string) =>
  Math.max(0, ...statusesOf(scene, pod).map(({ restartCount }) => restartCount));

/** What the kubelet says of its wait before it starts a container of the pod again, if it waits. */
const backOffOf = (scene: Scene, pod: string) =>
  statusesOf(scene, pod)
    .map(({ state }) => state?.waiting)
    .find((waiting) => waiting?.reason === 'CrashLoopBackOff')?.message;

/** Of a message such as `back-off 1m20s restarting failed container=a …`. */
function secondsOf(message: string): number {
  const [, minutes = 0, seconds = 0] = /back-off (?:(\d+)m)?(?:(\d+)s)?/.exec(message) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

export default {
  'a-second-late': {
    told: (scene) => {
      const foo = podNamed(scene, 'foo');
      if (hasTold(scene, 'pleg', 'ContainerDied', [foo])) return true;
      if (isHeldBeforeDeath(scene, 'foo')) return 'held';
      if (!foo) return 'none';
      return runningContainers(foo).length > 0 ? 'alive' : 'starting';
    },
    again: (scene) => {
      const foo = podNamed(scene, 'foo');
      if (runningContainers(foo).some(({ restartCount }) => restartCount > 0)) return true;
      if (!hasTold(scene, 'pleg', 'ContainerDied', [foo])) return 'first';
      return isHeldAtPleg(scene) ? 'held' : 'waiting';
    },
  },
  'longer-each-time': {
    once: (scene) => {
      if (restartsOf(scene, 'crash') > 0) return true;
      return podNamed(scene, 'crash') ? 'first' : 'none';
    },
    waits: (scene) => {
      if (backOffOf(scene, 'crash') !== undefined) return true;
      if (!podNamed(scene, 'crash')) return 'none';
      return { reason: 'runs', values: { count: String(restartsOf(scene, 'crash') + 1) } };
    },
    longer: (scene) => {
      const message = backOffOf(scene, 'crash');
      if (message === undefined) return 'none';
      return secondsOf(message) >= 20 || { reason: 'first', values: { message } };
    },
  },
  'is-it-alive': {
    failed: (scene) => {
      const containers = probed(scene, 'livenessProbe');
      const pods = containers.map(({ pod }) => pod);
      if (hasTold(scene, 'liveness', 'failure', pods)) return true;
      return containers.some(({ status }) => runs(status)) ? 'alive' : 'none';
    },
    again: (scene) => {
      const failed = probed(scene, 'livenessProbe').filter(({ pod }) =>
        hasTold(scene, 'liveness', 'failure', [pod]),
      );
      if (failed.length === 0) return 'none';
      const isAnother = (status: ContainerStatus | undefined) =>
        runs(status) && (status?.restartCount ?? 0) > 0;
      return failed.some(({ status }) => isAnother(status)) || 'waiting';
    },
  },
  'is-it-ready': {
    closed: (scene) =>
      probed(scene, 'readinessProbe').some(({ pod, status }) => runs(status) && !isReady(pod)) ||
      'none',
    open: (scene) => {
      const containers = probed(scene, 'readinessProbe');
      if (containers.some(({ pod }) => isReady(pod))) return true;
      return containers.some(({ status }) => runs(status)) ? 'closed' : 'none';
    },
    same: (scene) => {
      const ready = probed(scene, 'readinessProbe').filter(({ pod }) => isReady(pod));
      if (ready.length === 0) return 'none';
      return ready.some(({ status }) => status?.restartCount === 0) || 'another';
    },
  },
  'has-it-started': {
    mended: (scene) => probed(scene, 'livenessProbe', 'startupProbe').length > 0 || 'none',
    started: (scene) => {
      const containers = probed(scene, 'livenessProbe', 'startupProbe');
      if (containers.some(({ status }) => status?.started)) return true;
      return containers.length > 0 ? 'down' : 'none';
    },
    first: (scene) => {
      const containers = probed(scene, 'livenessProbe', 'startupProbe');
      if (containers.length === 0) return 'none';
      const first = containers.filter(({ status }) => (status?.restartCount ?? 0) === 0);
      if (first.some(({ pod, status }) => status?.started && isReady(pod))) return true;
      if (first.length > 0) return 'down';
      const count = Math.max(...containers.map(({ status }) => status?.restartCount ?? 0));
      return { reason: 'restarted', values: { count: String(count) } };
    },
  },
} satisfies LessonChecks;
