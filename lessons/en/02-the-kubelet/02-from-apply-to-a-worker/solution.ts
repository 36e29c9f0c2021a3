import type { LessonSolutions } from '#lessons/code.ts';

export default {
  'a-pod-that-nobody-takes': (reader) => reader.apply('foo.yaml'),
  'be-the-scheduler': async (reader) => {
    await reader.run(
      'kubectl create --raw /api/v1/namespaces/default/pods/foo/binding -f binding.json',
    );
    await reader.passed('running');
  },
  'before-the-first-call': async (reader) => {
    await reader.breakOn('cri/RunPodSandbox');
    await reader.apply('bar.yaml');
    await reader.passed('prepared');
    await reader.runOn();
    await reader.passed('running');
  },
  overtaken: (reader) => reader.apply('both.yaml'),
} satisfies LessonSolutions;
