import type { HeldCall } from '#base/stepper.ts';
import type { PodRef } from '#base/trace-records.ts';
import type { Pod } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { hasBreakpoint, podNamed, runningContainers } from '#lessons/scene.ts';

interface Turn {
  operation: string;
  pods: readonly { name: string }[];
}

/** The turns that SyncLoop has made in this step for a pod, such as "config ADD"; not those for an earlier one of its name. */
function turnsOf(scene: Scene, name: string): string[] {
  const uid = podNamed(scene, name)?.metadata?.uid;
  const isOf = (pod: PodRef) => pod.name === name && pod.uid === (uid ?? pod.uid);
  return scene.trace.flatMap((record) =>
    record.kind === 'sync-loop' && record.pods.some(isOf)
      ? [`${record.source} ${record.operation}`]
      : [],
  );
}

/** The turn that SyncLoop is held before. */
function heldTurn({ held }: Scene): { source: string; turn: Turn } | undefined {
  const call = held.find(({ point }: HeldCall) => point.startsWith('sync-loop/'));
  return call && { source: call.point.slice('sync-loop/'.length), turn: call.details as Turn };
}

/** Whether it is held before this turn for a pod. */
function isHeldBefore(scene: Scene, source: string, operation: string, pod: string): boolean {
  const at = heldTurn(scene);
  return (
    at?.source === source &&
    at.turn.operation === operation &&
    at.turn.pods.some(({ name }) => name === pod)
  );
}

const isStarted = ({ trace }: Scene, pod: string) =>
  trace.some(
    (record) =>
      record.kind === 'cri-return' &&
      record.method === 'StartContainer' &&
      !record.error &&
      record.pod?.name === pod,
  );

/** Whether SyncLoop was told of foo before this step began. */
const isToldBefore = (scene: Scene) =>
  !turnsOf(scene, 'foo').includes('config ADD') &&
  (podNamed(scene, 'foo')?.status?.containerStatuses?.length ?? 0) > 0;

const isMirror = ({ metadata }: Pod) =>
  metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;

/** The names of the mirror pods that the kubelet has written in this step, with their records' ids. */
const mirrorsWritten = ({ trace }: Scene) =>
  trace.flatMap((record) =>
    record.kind === 'api-write' &&
    record.verb === 'create' &&
    record.resource === 'pods' &&
    record.subresource === undefined &&
    record.userAgent === 'kubelet' &&
    record.status === 201
      ? [{ id: record.id, name: record.name }]
      : [],
  );

/** Whether a pod was deleted in this step, before a record. */
const isDeletedBefore = ({ trace }: Scene, { id, name }: { id: number; name: string }) =>
  trace.some(
    (record) =>
      record.kind === 'api-write' &&
      record.verb === 'delete' &&
      record.resource === 'pods' &&
      record.name === name &&
      record.id < id,
  );

export default {
  'one-loop': {
    bound: (scene) => {
      const pod = podNamed(scene, 'foo');
      if (!pod) return 'none';
      return pod.spec?.nodeName !== undefined || 'unbound';
    },
    held: (scene) => {
      if (isHeldBefore(scene, 'config', 'ADD', 'foo')) return true;
      const isTold = isToldBefore(scene) || turnsOf(scene, 'foo').includes('config ADD');
      if (isTold && podNamed(scene, 'foo')) return 'gone';
      if (scene.held.length > 0) return 'other';
      return hasBreakpoint(scene, 'sync-loop/config') ? 'ready' : 'free';
    },
  },
  'it-hands-on': {
    taken: (scene) => {
      if (turnsOf(scene, 'foo').includes('config ADD')) return true;
      if (isHeldBefore(scene, 'config', 'ADD', 'foo')) return 'held';
      return isToldBefore(scene) ? 'gone' : 'none';
    },
    made: (scene) => {
      if (isStarted(scene, 'foo')) return true;
      return turnsOf(scene, 'foo').includes('config ADD') ? 'working' : 'none';
    },
    held: (scene) => {
      const turns = turnsOf(scene, 'foo');
      if (!turns.includes('config ADD')) return 'none';
      if (turns.includes('pleg ContainerStarted')) return 'gone';
      if (!heldTurn(scene)) return 'free';
      return isStarted(scene, 'foo') || 'working';
    },
  },
  'what-it-hears': {
    heard: (scene) => {
      if (turnsOf(scene, 'foo').includes('pleg ContainerStarted')) return true;
      if (isHeldBefore(scene, 'pleg', 'ContainerStarted', 'foo')) return 'held';
      const pod = podNamed(scene, 'foo');
      if (!pod) return 'none';
      return runningContainers(pod).length > 0 ? 'gone' : 'deaf';
    },
    running: (scene) => {
      if (podNamed(scene, 'foo')?.status?.phase === 'Running') return true;
      return scene.held.length > 0 ? 'held' : 'waiting';
    },
  },
  'a-file-will-do': {
    added: async (scene) => {
      const isAdded = scene.trace.some(
        (record) =>
          record.kind === 'sync-loop' &&
          record.operation === 'ADD' &&
          record.pods.some(({ name }) => name.endsWith('-node-1')),
      );
      if (isAdded || scene.pods.some(isMirror)) return true;
      const { stdout } = await scene.run('ls /etc/kubernetes/manifests');
      return stdout.trim() === '' ? 'none' : 'soon';
    },
    mirror: ({ pods }) => pods.some(isMirror) || 'none',
    again: (scene) => {
      const written = mirrorsWritten(scene);
      if (written.some((mirror) => isDeletedBefore(scene, mirror))) return true;
      if (scene.pods.some(isMirror)) return 'first';
      return written.length > 0 ? 'gone' : 'none';
    },
  },
  'a-deletion-is-an-update': {
    delete: (scene) => {
      if (turnsOf(scene, 'foo').includes('config DELETE')) return true;
      if (isHeldBefore(scene, 'config', 'DELETE', 'foo')) return 'held';
      const pod = podNamed(scene, 'foo');
      if (!pod) return 'gone';
      return pod.metadata?.deletionTimestamp ? 'soon' : 'there';
    },
    remove: (scene) => {
      if (turnsOf(scene, 'foo').includes('config REMOVE')) return true;
      if (isHeldBefore(scene, 'config', 'REMOVE', 'foo')) return 'held';
      return turnsOf(scene, 'foo').includes('config DELETE') ? 'ending' : 'there';
    },
    clear: (scene) => {
      if (!turnsOf(scene, 'foo').includes('config REMOVE')) return 'there';
      return scene.held.length === 0 || 'held';
    },
  },
} satisfies LessonChecks;
