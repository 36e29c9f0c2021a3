import type { LessonSolutions } from '#lessons/code.ts';
import { removePod } from '#lessons/remove-pod.ts';

export default {
  'a-volume-is-a-directory': async (reader) => {
    await reader.run('kubectl create configmap menu --from-literal=today=soup');
    await reader.apply('guest.yaml');
    await reader.passed('mounted');
    await reader.run(
      'kubectl create configmap menu --from-literal=today=fish --dry-run=client -o yaml | kubectl apply -f -',
    );
    await reader.run('kubectl annotate pod guest look=again');
  },
  'an-image-that-is-not-there': async (reader) => {
    await reader.apply('typo.yaml');
    await reader.passed('failed');
    await reader.run(
      `kubectl patch pod typo -p '{"spec":{"containers":[{"name":"a","image":"busybox:1.36"}]}}'`,
    );
  },
  'the-heartbeat': async (reader) => {
    await reader.run('mv /etc/cni/net.d/10-sandglass.conflist /root/');
    await reader.passed('lost');
    await reader.run('mv /root/10-sandglass.conflist /etc/cni/net.d/');
  },
  'processors-of-ones-own': async (reader) => {
    await reader.run(
      'rm /var/lib/kubelet/cpu_manager_state; cp static-cpus.yaml /var/lib/kubelet/config.yaml',
    );
    await reader.passed('static');
    await removePod(reader, 'whole');
    await reader.apply('whole.yaml');
  },
} satisfies LessonSolutions;
