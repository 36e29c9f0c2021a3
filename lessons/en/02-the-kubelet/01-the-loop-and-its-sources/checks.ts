import type { HeldCall } from '#base/stepper.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';

interface Turn {
  operation: string;
  pods: readonly { name: string }[];
}

const podOf = ({ pods }: Scene, name: string) =>
  pods.find(({ metadata }) => metadata?.name === name);

/** The turns that SyncLoop has made in this step for a pod, such as "config ADD". */
function turnsOf({ trace }: Scene, pod: string): string[] {
  return trace.flatMap((record) => {
    if (record.kind !== 'sync-loop' || !record.pods.some(({ name }) => name === pod)) return [];
    return [`${record.source} ${record.operation}`];
  });
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

const isStart = (record: TraceRecord) =>
  record.kind === 'cri-return' && record.method === 'StartContainer' && !record.error;

const isMirror = ({ pods }: Scene) =>
  pods.some(({ metadata }) => metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined);

/** How often the kubelet has written a mirror pod in this step. */
const mirrorsWritten = ({ trace }: Scene) =>
  trace.filter(
    (record) =>
      record.kind === 'api-write' &&
      record.verb === 'create' &&
      record.resource === 'pods' &&
      record.userAgent.startsWith('kubelet') &&
      record.status === 201,
  ).length;

export default {
  'one-loop': {
    bound: (scene) => {
      const pod = podOf(scene, 'foo');
      return pod ? pod.spec?.nodeName !== undefined || undefined : 'none';
    },
    held: (scene) => {
      if (isHeldBefore(scene, 'config', 'ADD', 'foo')) return true;
      if (turnsOf(scene, 'foo').includes('config ADD')) return 'gone';
      if (heldTurn(scene)) return 'other';
      return scene.breakpoints.some((point) =>
        'sync-loop/config'.startsWith(point.replace('*', '')),
      )
        ? undefined
        : 'free';
    },
  },
  'it-hands-on': {
    taken: (scene) => {
      if (turnsOf(scene, 'foo').includes('config ADD')) return true;
      return isHeldBefore(scene, 'config', 'ADD', 'foo') ? 'held' : undefined;
    },
    made: (scene) =>
      scene.trace.some((record) => isStart(record) && record.pod?.name === 'foo') ||
      (turnsOf(scene, 'foo').includes('config ADD') ? 'working' : undefined),
    held: (scene) => {
      if (!turnsOf(scene, 'foo').includes('config ADD')) return undefined;
      if (turnsOf(scene, 'foo').includes('pleg ContainerStarted')) return 'free';
      if (!heldTurn(scene)) return 'free';
      return (
        scene.trace.some((record) => isStart(record) && record.pod?.name === 'foo') || undefined
      );
    },
  },
  'what-it-hears': {
    heard: (scene) => {
      if (turnsOf(scene, 'foo').includes('pleg ContainerStarted')) return true;
      return isHeldBefore(scene, 'pleg', 'ContainerStarted', 'foo') ? 'held' : 'deaf';
    },
    running: (scene) => podOf(scene, 'foo')?.status?.phase === 'Running' || undefined,
  },
  'a-file-will-do': {
    added: async (scene) => {
      const mirrored = scene.trace.some(
        (record) =>
          record.kind === 'sync-loop' &&
          record.operation === 'ADD' &&
          record.pods.some(({ name }) => name.endsWith('-node-1')),
      );
      if (mirrored) return true;
      const { stdout } = await scene.run('ls /etc/kubernetes/manifests');
      return stdout.trim() === '' ? 'none' : 'soon';
    },
    mirror: (scene) => isMirror(scene) || undefined,
    again: (scene) => {
      if (mirrorsWritten(scene) > 1) return true;
      if (mirrorsWritten(scene) === 0) return undefined;
      return isMirror(scene) ? 'first' : 'gone';
    },
  },
  'a-deletion-is-an-update': {
    delete: (scene) => {
      if (turnsOf(scene, 'foo').includes('config DELETE')) return true;
      return isHeldBefore(scene, 'config', 'DELETE', 'foo') ? 'held' : undefined;
    },
    remove: (scene) => {
      if (turnsOf(scene, 'foo').includes('config REMOVE')) return true;
      if (isHeldBefore(scene, 'config', 'REMOVE', 'foo')) return 'held';
      return turnsOf(scene, 'foo').includes('config DELETE') ? 'ending' : undefined;
    },
    clear: (scene) => {
      if (!turnsOf(scene, 'foo').includes('config REMOVE')) return undefined;
      return scene.held.length === 0 || 'held';
    },
  },
} satisfies LessonChecks;
