import type { LessonSolutions, Reader } from '#lessons/code.ts';

/** What is typed into the shell of the pod's machine, from a line of the node's. */
const onConsole = (lines: string) =>
  `printf '${lines}\\nexit\\n' | kata-runtime exec $(ls /run/vc/sbs)`;

async function runPod(reader: Reader): Promise<void> {
  await reader.apply('foo.yaml');
  await reader.run('kubectl wait --for=condition=Ready pod/foo --timeout=300s');
}

export default {
  'one-line-more': async (reader) => {
    await reader.run('kubectl get runtimeclass');
    await runPod(reader);
    await reader.run('kubectl get pod foo -o wide');
  },
  'who-is-there': async (reader) => {
    await runPod(reader);
    await reader.run('kubectl exec foo -c b -- ps');
    await reader.run("kubectl exec foo -c b -- sh -c 'sleep 4321 >/dev/null 2>&1 &'");
  },
  'two-kernels': async (reader) => {
    await runPod(reader);
    await reader.run('echo 60 > /proc/sys/vm/swappiness');
    await reader.run('cat /proc/version; kubectl exec foo -c a -- cat /proc/version');
    await reader.run("kubectl exec foo -c b -- sh -c 'echo 17 > /proc/sys/vm/swappiness'");
  },
  'process-one-is-the-agent': async (reader) => {
    await runPod(reader);
    await reader.run(onConsole('ps\\nkillall -9 httpd'));
    await reader.passed('again');
  },
} satisfies LessonSolutions;
