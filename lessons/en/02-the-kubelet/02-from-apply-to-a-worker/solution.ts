import type { LessonSolutions, Reader } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';
import { podNamed } from '#lessons/scene.ts';

/** Without what an earlier try has left: the pods, and the image that is to be pulled. */
async function forgetBoth(reader: Reader): Promise<void> {
  if (!podNamed(reader.look(), 'slow')) return;
  await removePod(reader, 'slow');
  await removePod(reader, 'fast');
  await reader.run('crictl rmi sandglass/toolbox:1');
}

export default {
  'a-pod-that-nobody-takes': async (reader) => {
    if (podNamed(reader.look(), 'foo')?.spec?.nodeName) await removePod(reader, 'foo');
    await reader.apply('foo.yaml');
  },
  'be-the-scheduler': async (reader) => {
    const pod = podNamed(reader.look(), 'foo');
    if (!pod || pod.spec?.nodeName) {
      await removePod(reader, 'foo');
      await reader.apply('foo.yaml');
    }
    await reader.run(
      'kubectl create --raw /api/v1/namespaces/default/pods/foo/binding -f binding.json',
    );
    await reader.passed('running');
  },
  'before-the-first-call': async (reader) => {
    await removePod(reader, 'bar');
    await reader.breakOn('cri/RunPodSandbox');
    await reader.apply('bar.yaml');
    await reader.passed('prepared');
    await reader.runOn();
    await reader.passed('running');
  },
  overtaken: async (reader) => {
    await reader.runOn();
    await forgetBoth(reader);
    await reader.apply('both.yaml');
  },
} satisfies LessonSolutions;
