import type { LessonSolutions, Reader, Scene } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';
import { firstCall, hasAnswered, isAtFirstCall } from './checks.ts';

async function holdFirstCall(reader: Reader): Promise<void> {
  await removePod(reader, 'foo');
  await reader.breakOn(firstCall);
  await reader.apply('foo.yaml');
  await reader.until('the first call of the agent is held', isAtFirstCall);
}

/** From call to call, until something is so. */
async function stepUntil(reader: Reader, done: (scene: Scene) => boolean): Promise<void> {
  while (!done(reader.look())) {
    const before = new Set(reader.look().held.map(({ id }) => id));
    await reader.step();
    await reader.until('the next call is held', ({ held }) =>
      held.some(({ id }) => !before.has(id)),
    );
  }
}

const isHeldAt = (method: string) => (scene: Scene) =>
  scene.held.some(({ point }) => point === `agent/${method}`);

export default {
  'a-machine-that-waits': async (reader) => {
    if (!isAtFirstCall(reader.look())) await holdFirstCall(reader);
    await reader.run('ls -l /run/vc/sbs/*/shim.sock /run/vc/vm/*/kata.hvsock');
  },
  'what-a-newborn-needs': async (reader) => {
    if (!isAtFirstCall(reader.look())) await holdFirstCall(reader);
    await stepUntil(reader, isHeldAt('GetGuestDetails'));
  },
  'pause-then-the-rest': async (reader) => {
    if (reader.look().held.length === 0) await holdFirstCall(reader);
    await stepUntil(reader, isHeldAt('CreateContainer'));
    await reader.run('findmnt -t overlay -o TARGET | grep kata-containers');
    await stepUntil(reader, (scene) => hasAnswered(scene, 'StartContainer'));
    await reader.runOn();
    await reader.passed('b');
  },
  'a-file-on-both-sides': async (reader) => {
    await reader.run('kubectl exec foo -c a -- mount');
    await reader.run(
      'for root in /run/kata-containers/shared/sandboxes/*/shared/*/rootfs; do echo "from the node" > $root/note; done',
    );
    await reader.run('kubectl exec foo -c a -- cat /note');
  },
  'a-frame-across-the-tap': async (reader) => {
    await reader.run('nsenter -t $(pgrep -x sandglass-vmm) -n ip -br link');
    await reader.run("ping -c 3 $(kubectl get pod foo -o jsonpath='{.status.podIP}')");
  },
} satisfies LessonSolutions;
