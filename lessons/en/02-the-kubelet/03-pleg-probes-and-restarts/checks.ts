import type { SyncLoopSource } from '#base/trace-records.ts';
import type { Container, ContainerStatus, Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, podNamed } from '#lessons/scene.ts';

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

const isReady = ({ status }: Pod) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

const waitingOf = (scene: Scene) => containerStatus(podNamed(scene, 'crash'), 'a')?.state?.waiting;

const restartsOf = (scene: Scene) =>
  containerStatus(podNamed(scene, 'crash'), 'a')?.restartCount ?? 0;

export default {
  'a-second-late': {
    told: (scene) => {
      if (hasTold(scene, 'pleg', 'ContainerDied', [podNamed(scene, 'foo')])) return true;
      const call = scene.held.find(({ point }) => point === 'sync-loop/pleg');
      const { operation } = (call?.details ?? {}) as { operation?: string };
      if (operation === 'ContainerDied') return 'held';
      return runs(containerStatus(podNamed(scene, 'foo'), 'a')) ? 'alive' : undefined;
    },
    again: (scene) => {
      const foo = podNamed(scene, 'foo');
      const status = containerStatus(foo, 'a');
      if (runs(status) && (status?.restartCount ?? 0) > 0) return true;
      return isHeldAtPleg(scene) && hasTold(scene, 'pleg', 'ContainerDied', [foo])
        ? 'held'
        : undefined;
    },
  },
  'longer-each-time': {
    once: (scene) => restartsOf(scene) > 0 || undefined,
    waits: (scene) => {
      if (waitingOf(scene)?.reason === 'CrashLoopBackOff') return true;
      if (!podNamed(scene, 'crash')) return undefined;
      return { reason: 'runs', values: { count: String(restartsOf(scene) + 1) } };
    },
    longer: (scene) => {
      const { reason, message = '' } = waitingOf(scene) ?? {};
      if (reason !== 'CrashLoopBackOff') return undefined;
      const [, seconds] = /back-off (\d+)s/.exec(message) ?? [];
      return Number(seconds) >= 20 || { reason: 'first', values: { message } };
    },
  },
  'is-it-alive': {
    failed: (scene) => {
      const containers = probed(scene, 'livenessProbe');
      const pods = containers.map(({ pod }) => pod);
      if (hasTold(scene, 'liveness', 'failure', pods)) return true;
      return containers.some(({ status }) => runs(status)) ? 'alive' : 'none';
    },
    again: (scene) =>
      probed(scene, 'livenessProbe').some(
        ({ pod, status }) =>
          hasTold(scene, 'liveness', 'failure', [pod]) &&
          runs(status) &&
          (status?.restartCount ?? 0) > 0,
      ) || undefined,
  },
  'is-it-ready': {
    closed: (scene) =>
      probed(scene, 'readinessProbe').some(({ pod, status }) => runs(status) && !isReady(pod)) ||
      'none',
    open: (scene) => {
      const containers = probed(scene, 'readinessProbe');
      const open = containers.some(
        ({ pod }) => hasTold(scene, 'readiness', 'success', [pod]) && isReady(pod),
      );
      if (open) return true;
      return containers.some(({ status }) => runs(status)) ? 'closed' : undefined;
    },
    same: (scene) =>
      probed(scene, 'readinessProbe').some(
        ({ pod, status }) => isReady(pod) && status?.restartCount === 0,
      ) || undefined,
  },
  'has-it-started': {
    mended: (scene) => probed(scene, 'livenessProbe', 'startupProbe').length > 0 || 'none',
    started: (scene) => {
      const pods = probed(scene, 'livenessProbe', 'startupProbe').map(({ pod }) => pod);
      if (hasTold(scene, 'startup', 'success', pods)) return true;
      return pods.length > 0 ? 'down' : undefined;
    },
    first: (scene) => {
      const [container] = probed(scene, 'livenessProbe', 'startupProbe');
      if (!container) return undefined;
      const { pod, status } = container;
      const count = status?.restartCount ?? 0;
      if (count > 0) return { reason: 'restarted', values: { count: String(count) } };
      return (status?.started && isReady(pod)) || undefined;
    },
  },
} satisfies LessonChecks;
