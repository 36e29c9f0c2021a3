import type { LessonSolutions, Reader } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';

const ready = (reader: Reader, ...pods: readonly string[]) =>
  reader.run(
    `kubectl wait --for=condition=Ready ${pods.map((pod) => `pod/${pod}`).join(' ')} --timeout=300s`,
  );

const larger = `apiVersion: v1
kind: Pod
metadata:
  name: sized
spec:
  runtimeClassName: kata-template
  terminationGracePeriodSeconds: 2
  containers:
    - name: main
      image: busybox:1.36
      command: [sleep, '86400']
      resources:
        limits:
          memory: 100Mi
`;

export default {
  'a-whole-computer': async (reader) => {
    await reader.apply('cold.yaml');
    await ready(reader, 'cold');
    await reader.run("kubectl exec cold -- dmesg | grep 'as init process'");
  },
  'no-bios': async (reader) => {
    await reader.apply('direct.yaml');
    await ready(reader, 'direct');
  },
  'copies-of-a-machine': async (reader) => {
    await reader.apply('clones.yaml');
    await ready(reader, 'clone-1', 'clone-2');
    await reader.run(
      'for p in clone-1 clone-2; do kubectl exec $p -- cat /proc/sys/kernel/random/boot_id /sys/class/net/eth0/address; done',
    );
  },
  'how-large-is-a-pod': async (reader) => {
    await removePod(reader, 'sized');
    await reader.write('sized.yaml', larger);
    await reader.apply('sized.yaml');
    await ready(reader, 'sized');
    await reader.run('kubectl delete pod cold direct clone-1 clone-2 --ignore-not-found');
    await reader.passed('fewer');
  },
} satisfies LessonSolutions;
