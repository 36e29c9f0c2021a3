import { quote } from '#base/shell-quote.ts';
import type { ContainerStatus } from '#kube/types.ts';
import type { LessonChecks, Scene } from '#lessons/code.ts';
import { containerStatus, isRunning, runningContainers } from '#lessons/scene.ts';

/** An image as `crictl images -o json` has it. */
interface Image {
  id: string;
  repoTags?: string[];
}

async function images({ run }: Scene): Promise<Image[]> {
  const { stdout } = await run('crictl images -o json');
  return (JSON.parse(stdout || '{}') as { images?: Image[] }).images ?? [];
}

/** By the end of a name, such as `busybox:1.36`. */
async function imageNamed(scene: Scene, name: string): Promise<Image | undefined> {
  return (await images(scene)).find(({ repoTags }) =>
    repoTags?.some((tag) => tag.endsWith(`/${name}`)),
  );
}

/** The layers of an image, lowest first. */
async function layersOf({ run }: Scene, { id }: Image): Promise<string[]> {
  const { stdout } = await run(`crictl inspecti -o json ${quote(id)}`);
  return [...new Set(stdout.match(/sha256:[0-9a-f]{64}/g) ?? [])];
}

/**
 * Of each root file system of overlayfs, what its upper directory has that no lower one has: files, but for the places
 * of what the runtime mounts, and whiteouts, with what they hide. The mounts are seen only within the containers, so
 * they are read where their processes see them.
 */
const scan = `grep -hso 'lowerdir=[^,]*,upperdir=[^,]*' /proc/[0-9]*/mountinfo | sort -u |
while IFS=,= read -r _ lower _ upper; do
  find "$upper" -type f ! -path "$upper/etc/hosts" ! -path "$upper/etc/hostname" \\
    ! -path "$upper/etc/resolv.conf" ! -path "$upper/dev/*" | while IFS= read -r file; do
    for layer in \${lower//:/ }; do [ ! -e "$layer\${file#"$upper"}" ] || continue 2; done
    echo "file $file"
  done
  find "$upper" -type c | while IFS= read -r whiteout; do
    echo "whiteout $whiteout"
    for layer in \${lower//:/ }; do
      [ ! -e "$layer\${whiteout#"$upper"}" ] || echo "kept $layer\${whiteout#"$upper"}"
    done
  done
done`;

/** The lines of a kind. */
async function scanned({ run }: Scene, kind: string): Promise<string[]> {
  const { stdout } = await run(scan);
  return stdout.split('\n').filter((line) => line.startsWith(`${kind} `));
}

/** Whether two of these containers were made of the same image. */
function hasTwins(statuses: readonly ContainerStatus[]): boolean {
  const images = statuses.map(({ imageID }) => imageID);
  return new Set(images).size < images.length;
}

export default {
  'a-name-and-its-digest': {
    pulled: async (scene) => (await imageNamed(scene, 'busybox:1.36')) !== undefined || 'none',
    twice: async (scene) => {
      const image = await imageNamed(scene, 'busybox:1.36');
      if (!image) return 'none';
      const [name = '', second] = image.repoTags ?? [];
      return second !== undefined || { reason: 'once', values: { name } };
    },
  },
  layers: {
    pulled: async (scene) => (await imageNamed(scene, 'nginx:1.27')) !== undefined || 'none',
    shared: async (scene) => {
      const nginx = await imageNamed(scene, 'nginx:1.27');
      const busybox = await imageNamed(scene, 'busybox:1.36');
      if (!busybox) return 'no-busybox';
      if (!nginx) return 'none';
      const known = await layersOf(scene, busybox);
      return (await layersOf(scene, nginx)).some((layer) => known.includes(layer)) || 'apart';
    },
  },
  'one-file-system': {
    twins: ({ pods }) => hasTwins(pods.flatMap(runningContainers)) || 'no-twins',
    written: async (scene) => (await scanned(scene, 'file')).length > 0 || 'nothing',
  },
  'what-is-not-there': {
    whiteout: async (scene) => (await scanned(scene, 'whiteout')).length > 0 || 'none',
    kept: async (scene) => (await scanned(scene, 'kept')).length > 0 || 'none',
  },
  pinned: {
    pinned: ({ pods }) => {
      const byDigest = pods.flatMap((pod) =>
        (pod.spec?.containers ?? [])
          .filter(({ image }) => image?.includes('@sha256:'))
          .map(({ name }) => ({ pod, name })),
      );
      if (byDigest.length === 0) return 'no-pod';
      if (byDigest.some(({ pod, name }) => isRunning(pod, name))) return true;
      const [waiting] = byDigest.map(({ pod, name }) => containerStatus(pod, name)?.state?.waiting);
      return { reason: 'waiting', values: { why: waiting?.reason ?? 'Pending' } };
    },
    refused: ({ pods }) =>
      pods.some(({ status }) =>
        status?.containerStatuses?.some(({ state }) =>
          ['ErrImagePull', 'ImagePullBackOff'].includes(state?.waiting?.reason ?? ''),
        ),
      ) || 'none',
  },
} satisfies LessonChecks;
