import type { LessonSolutions, Reader } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';
import { addressOf, isForSandbox } from './checks.ts';

async function holdBeforeSandbox(reader: Reader): Promise<void> {
  await removePod(reader, 'foo');
  await reader.breakOn('cri/RunPodSandbox');
  await reader.apply('foo.yaml');
  await reader.until('the kubelet is held', ({ held }) => held.some(isForSandbox));
}

export default {
  'before-any-container': async (reader) => {
    if (!reader.look().held.some(isForSandbox)) await holdBeforeSandbox(reader);
  },
  'one-step': async (reader) => {
    if (!reader.look().held.some(isForSandbox)) await holdBeforeSandbox(reader);
    await reader.step();
    await reader.until('the next call is held', ({ held }) =>
      held.some(({ point }) => point !== 'cri/RunPodSandbox'),
    );
    await reader.run('lsns -t net');
  },
  'the-packets-way': async (reader) => {
    await reader.run('ip -br link show type veth');
    await reader.run(`ping -c 2 ${(await addressOf(reader.look())) ?? ''}`);
  },
  'two-containers': async (reader) => {
    await reader.runOn();
    await reader.passed('b');
  },
  'kill-pause': async (reader) => {
    await reader.run('pkill -x pause');
    await reader.passed('running');
  },
} satisfies LessonSolutions;
