import type { LessonSolutions, Scene } from '#lessons/code.ts';

const hasTurned = (operation: string) => (scene: Scene) =>
  scene.trace.some(
    (record) =>
      record.kind === 'sync-loop' &&
      record.operation === operation &&
      record.pods.some(({ name }) => name === 'foo'),
  );

const isHeld = ({ held }: Scene) => held.length > 0;

export default {
  'one-loop': async (reader) => {
    await reader.breakOn('sync-loop/config');
    await reader.apply('foo.yaml');
    await reader.until('the loop is held before foo', async ({ held }) => {
      const [call] = held;
      const { pods = [] } = (call?.details ?? {}) as { pods?: readonly { name: string }[] };
      if (call && pods.length === 0) await reader.proceed();
      return pods.some(({ name }) => name === 'foo');
    });
  },
  'it-hands-on': async (reader) => {
    await reader.until('SyncLoop has taken in foo', async (scene) => {
      const taken = hasTurned('ADD')(scene);
      if (!taken && isHeld(scene)) await reader.step();
      return taken;
    });
    await reader.passed('made');
  },
  'what-it-hears': async (reader) => {
    await reader.breakOn('sync-loop/pleg');
    await reader.proceed();
    await reader.until('the loop is held before what PLEG says', isHeld);
    await reader.step();
    await reader.runOn();
    await reader.passed('running');
  },
  'a-file-will-do': async (reader) => {
    await reader.run('mkdir -p /etc/kubernetes/manifests; cp web.yaml /etc/kubernetes/manifests/');
    await reader.passed('mirror');
    await reader.run('kubectl delete pod web-node-1');
  },
  'a-deletion-is-an-update': async (reader) => {
    await reader.breakOn('sync-loop/config');
    await reader.run('kubectl delete pod foo --wait=false');
    await reader.until('foo is removed', async (scene) => {
      if (isHeld(scene)) await reader.step();
      return hasTurned('REMOVE')(scene);
    });
    await reader.runOn();
  },
} satisfies LessonSolutions;
