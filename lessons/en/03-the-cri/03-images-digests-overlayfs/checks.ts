import type { LessonChecks, Scene } from '#lessons/code.ts';

/** An image as `crictl images -o json` has it. */
interface Image {
  id: string;
  repoTags: string[];
}

async function images({ run }: Scene): Promise<Image[]> {
  const { stdout } = await run('crictl images -o json');
  return (JSON.parse(stdout || '{"images":[]}') as { images: Image[] }).images;
}

/** By the end of a name, such as `busybox:1.36`. */
async function imageNamed(scene: Scene, name: string): Promise<Image | undefined> {
  return (await images(scene)).find(({ repoTags }) =>
    repoTags.some((tag) => tag.endsWith(`/${name}`)),
  );
}

/** The layers of an image, lowest first. */
async function layersOf({ run }: Scene, { id }: Image): Promise<string[]> {
  const { stdout } = await run(`crictl inspecti -o json ${id}`);
  return [...new Set(stdout.match(/sha256:[0-9a-f]{64}/g) ?? [])];
}

/**
 * Of each root file system of overlayfs: its lower directories, and what its upper one has. The mounts are seen only
 * within the containers, so they are read where their processes see them.
 */
const scan = `grep -hso 'lowerdir=[^,]*,upperdir=[^,]*' /proc/[0-9]*/mountinfo | sort -u |
while IFS=,= read -r _ lower _ upper; do
  echo "lower $lower"
  find $upper -type f -size +0c -exec echo file {} \\;
  for whiteout in $(find $upper -type c); do
    echo "whiteout $whiteout"
    for layer in \${lower//:/ }; do
      [ ! -e "$layer\${whiteout#$upper}" ] || echo "kept $layer\${whiteout#$upper}"
    done
  done
done`;

/** The lines of a kind. */
async function scanned({ run }: Scene, kind: string): Promise<string[]> {
  const { stdout } = await run(scan);
  return stdout.split('\n').filter((line) => line.startsWith(`${kind} `));
}

export default {
  'a-name-and-its-digest': {
    pulled: async (scene) => (await imageNamed(scene, 'busybox:1.36')) !== undefined || undefined,
    twice: async (scene) => {
      const image = await imageNamed(scene, 'busybox:1.36');
      if (!image) return undefined;
      const [name = ''] = image.repoTags;
      return image.repoTags.length > 1 || { reason: 'once', values: { name } };
    },
  },
  layers: {
    pulled: async (scene) => (await imageNamed(scene, 'nginx:1.27')) !== undefined || undefined,
    shared: async (scene) => {
      const nginx = await imageNamed(scene, 'nginx:1.27');
      const busybox = await imageNamed(scene, 'busybox:1.36');
      if (!nginx) return undefined;
      if (!busybox) return 'no-busybox';
      const known = await layersOf(scene, busybox);
      return (await layersOf(scene, nginx)).some((layer) => known.includes(layer)) || undefined;
    },
  },
  'one-file-system': {
    twins: async (scene) => {
      const lowers = await scanned(scene, 'lower');
      return new Set(lowers).size < lowers.length || 'no-twins';
    },
    written: async (scene) => (await scanned(scene, 'file')).length > 0 || 'nothing',
  },
  'what-is-not-there': {
    whiteout: async (scene) => (await scanned(scene, 'whiteout')).length > 0 || 'none',
    kept: async (scene) => (await scanned(scene, 'kept')).length > 0 || undefined,
  },
  pinned: {
    pinned: ({ pods }) => {
      const byDigest = pods.filter(({ spec }) =>
        spec?.containers.some(({ image }) => image?.includes('@sha256:')),
      );
      if (byDigest.length === 0) return 'no-pod';
      return (
        byDigest.some(({ status }) =>
          status?.containerStatuses?.some(({ state }) => state?.running),
        ) || undefined
      );
    },
    refused: ({ pods }) =>
      pods.some(({ status }) =>
        status?.containerStatuses?.some(({ state }) =>
          ['ErrImagePull', 'ImagePullBackOff'].includes(state?.waiting?.reason ?? ''),
        ),
      ) || undefined,
  },
} satisfies LessonChecks;
