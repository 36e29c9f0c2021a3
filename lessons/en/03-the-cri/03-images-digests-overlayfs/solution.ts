import type { LessonSolutions } from '#lessons/code.ts';
import { isRunning, podNamed } from '#lessons/scene.ts';

export default {
  'a-name-and-its-digest': async (reader) => {
    await reader.run('crictl pull busybox:1.36');
    await reader.run('crictl images --digests --no-trunc');
    await reader.run('crictl pull busybox:stable');
  },
  layers: async (reader) => {
    await reader.run('ls /var/lib/sandglass/images/layers');
    await reader.run('crictl pull nginx:1.27');
  },
  'one-file-system': async (reader) => {
    await reader.apply('twins.yaml');
    await reader.until('both containers run', (scene) =>
      ['a', 'b'].every((name) => isRunning(podNamed(scene, 'twins'), name)),
    );
    await reader.run("findmnt -n -t overlay -o OPTIONS | tr , '\\n' | grep dir=");
    await reader.run("kubectl exec twins -c a -- sh -c 'echo hello > /hello'");
  },
  'what-is-not-there': async (reader) => {
    await reader.run('kubectl exec twins -c a -- rm /bin/vi');
    await reader.run('kubectl exec twins -c b -- ls -l /bin/vi');
  },
  pinned: async (reader) => {
    const name =
      "crictl inspecti -o go-template --template '{{index .status.repoDigests 0}}' busybox:1.36";
    await reader.run(`kubectl run pinned --image=$(${name}) --command -- sleep 86400`);
    await reader.run('kubectl run wrong --image=busybox@sha256:$(printf 0%.0s $(seq 64))');
    await reader.passed('refused');
  },
} satisfies LessonSolutions;
