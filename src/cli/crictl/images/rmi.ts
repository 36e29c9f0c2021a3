import { quote } from '#kube/go-text.ts';
import { asSandglassError } from '#base/errors.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { bool } from '#cli/urfave/flags.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';
import { together } from '#cli/crictl/together.ts';

const flags = {
  all: bool('Remove all images', { aliases: ['a'] }),
  prune: bool('Remove all unused images', { aliases: ['q'] }),
};

type RemoveCall = CrictlCall<typeof flags>;

export const rmiCommand = crictlCommand({
  name: 'rmi',
  usage: 'Remove one or more images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  description: `Remove one or more images by ID or reference.

NOTE: Due to CRI API limitations, when you specify an image by tag (e.g., 'localhost/test:latest'),
the entire image will be removed along with ALL of its tags, not just the specified tag.
This behavior differs from 'docker rmi', 'nerdctl rmi', and 'ctr image rm', which only remove
the specified tag. To remove only a specific tag, use the container runtime's native CLI tool
(e.g., 'nerdctl', 'ctr', or 'podman').`,
  shortOptions: true,
  flags,
  run: remove,
});

async function remove(call: RemoveCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  const images = await context.images();
  const ids = new Set(args);
  if (given.all || given.prune) {
    for (const { id, pinned } of await images.listImages()) {
      if (!given.prune || !pinned) ids.add(id);
    }
  }
  const used = given.prune ? await imagesInUse(context, images) : [];
  if (ids.size === 0 && used.length === 0) {
    if (given.all || given.prune) return context.log.info('No images to remove');
    return showHelp();
  }
  for (const id of used) ids.delete(id);
  const tasks = [...ids].map((id) => () => removeOne(call, images, id));
  await together(tasks, context.signal);
}

async function imagesInUse(context: CrictlContext, images: RemoteImages): Promise<string[]> {
  const runtime = await context.runtime();
  const used: string[] = [];
  for (const { image } of await runtime.listContainers()) {
    const name = image?.image ?? '';
    try {
      const status = await images.imageStatus(name, false);
      used.push(status.image?.id ?? '');
    } catch (error) {
      const why = asSandglassError(error).message;
      await context.log.error(`image status request for ${quote(name)} failed: ${why}`);
    }
  }
  return used;
}

async function removeOne(
  { context, flags: { prune } }: RemoveCall,
  images: RemoteImages,
  id: string,
): Promise<void> {
  const { image } = await wrapped(`image status request for ${quote(id)} failed`, () =>
    images.imageStatus(id, false),
  );
  if (!image) throw failure(`no such image ${id}`);
  const { repoTags, repoDigests } = image;
  const isTag = !id.startsWith('sha256:') && /[:/]/.test(id);
  if (repoTags.length > 1 && isTag) {
    await context.log.warn(
      `Image ${quote(id)} has multiple tags. Removing this image will delete all of the following tags:`,
    );
    for (const tag of repoTags) await context.log.warn(`  ${tag}`);
  }
  try {
    await wrapped(`error of removing image ${quote(id)}`, async () => {
      if (id === '') throw failure('ImageID cannot be empty');
      await images.removeImage(id);
    });
  } catch (error) {
    // Somebody may have begun to use it meanwhile.
    if (prune) return;
    throw error;
  }
  const names = repoTags.length > 0 ? repoTags : repoDigests;
  await context.out.write(names.map((name) => `Deleted: ${name}\n`).join(''));
}
