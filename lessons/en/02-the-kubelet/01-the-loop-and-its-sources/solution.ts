import type { LessonSolutions, Reader, Scene } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';
import { isRunning, podNamed } from '#lessons/scene.ts';

interface Turn {
  operation: string;
  pods: readonly { name: string }[];
}

const hasTurned = (operation: string) => (scene: Scene) =>
  scene.trace.some(
    (record) =>
      record.kind === 'sync-loop' &&
      record.operation === operation &&
      record.pods.some(({ name }) => name === 'foo'),
  );

const isHeld = ({ held }: Scene) => held.length > 0;

function isHeldBeforeFoo({ held }: Scene): boolean {
  return held.some(({ point, details }) => {
    const { operation, pods = [] } = (details ?? {}) as Partial<Turn>;
    return (
      point === 'sync-loop/config' && operation === 'ADD' && pods.some(({ name }) => name === 'foo')
    );
  });
}

async function holdBeforeFoo(reader: Reader): Promise<void> {
  await removePod(reader, 'foo');
  await reader.breakOn('sync-loop/config');
  await reader.apply('foo.yaml');
  await reader.until('the loop is held before foo', async (scene) => {
    if (isHeldBeforeFoo(scene)) return true;
    if (isHeld(scene)) await reader.proceed();
    return false;
  });
}

export default {
  'one-loop': async (reader) => {
    if (!isHeldBeforeFoo(reader.look())) await holdBeforeFoo(reader);
  },
  'it-hands-on': async (reader) => {
    if (!isHeldBeforeFoo(reader.look())) await holdBeforeFoo(reader);
    await reader.step();
    await reader.passed('made');
  },
  'what-it-hears': async (reader) => {
    if (isRunning(podNamed(reader.look(), 'foo'), 'a')) await holdBeforeFoo(reader);
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
    if (!podNamed(reader.look(), 'foo')) {
      await reader.apply('foo.yaml');
      await reader.until('foo runs', (scene) => isRunning(podNamed(scene, 'foo'), 'a'));
    }
    await reader.breakOn('sync-loop/config');
    await reader.run('kubectl delete pod foo --wait=false');
    await reader.until('foo is removed', async (scene) => {
      if (isHeld(scene)) await reader.step();
      return hasTurned('REMOVE')(scene);
    });
    await reader.runOn();
  },
} satisfies LessonSolutions;
