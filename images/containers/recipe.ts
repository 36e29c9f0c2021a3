import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { guestPrograms, programsStep } from '../guest/recipe.ts';
import { fetchGroup, packageGroup } from '../packages/group.ts';
import type { TarEntry } from '../packages/tar.ts';
import { readPackage } from '../packages/unpack.ts';
import { listFiles, sha256OfSources } from '../recipe/digest.ts';
import { megabytes } from '../recipe/progress.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { checkPrograms } from '../rootfs/assemble.ts';
import { Tree } from '../rootfs/tree.ts';
import { sha256OfModule } from '../sources.ts';
import { images } from './images.ts';
import { type LayerParts, layers } from './layers.ts';
import { LayoutBuilder } from './layout.ts';
import { packageNames } from './packages.ts';

const files = path.join(import.meta.dirname, 'files');

const packages = packageGroup('containers', packageNames);

export const containerPrograms = programsStep(
  'container-programs',
  'Programs of container images',
  path.join(import.meta.dirname, 'programs'),
);

/** Container images as a registry's files: `index.json` and `blobs/sha256/`. */
export const containers: Step & { readonly packages: typeof packages } = {
  name: 'containers',
  title: 'Container images',
  packages,
  needs: [packages, guestPrograms, containerPrograms],
  tools: [],
  resumable: false,
  inputs: async () => ({
    files: await sha256OfSources(files),
    recipe: await sha256OfModule(import.meta.filename),
  }),
  run: buildImages,
};

async function buildImages(workshop: Workshop): Promise<void> {
  const { output, progress } = workshop;
  const parts = await gatherParts(workshop);
  checkImages(parts);
  const layout = new LayoutBuilder(parts);
  for (const image of images) {
    progress.at(`building ${image.title}`);
    await layout.add(image);
  }
  await mkdir(path.join(output, 'blobs/sha256'), { recursive: true });
  for (const [digest, bytes] of layout.blobs) {
    await writeFile(path.join(output, 'blobs', digest.replace(':', '/')), bytes);
  }
  await writeFile(path.join(output, 'index.json'), JSON.stringify(layout.index()));
  const bytes = [...layout.blobs.values()].reduce((sum, { length }) => sum + length, 0);
  progress.say(`  ${images.length} images, ${megabytes(bytes)}`);
}

async function gatherParts(workshop: Workshop): Promise<LayerParts> {
  const contents = new Map<string, TarEntry[]>();
  for (const [name, file] of await fetchGroup(workshop, packages)) {
    workshop.progress.at(`unpacking ${name}`);
    contents.set(name, await readPackage(workshop, file));
  }
  const times = [...contents.values()].flat().map(({ mtime }) => mtime);
  return {
    packages: contents,
    programs: new Map([
      ...(await readFolder(workshop.outputOf(containerPrograms))),
      ['pause', await readFile(path.join(workshop.outputOf(guestPrograms), 'pause'))],
    ]),
    files: await readFolder(files),
    // As new as the newest package: the same packages, the same image.
    mtime: times.reduce((newest, time) => Math.max(newest, time), 0),
  };
}

/** Every program of an image must find its libraries in it. */
function checkImages(parts: LayerParts): void {
  for (const image of images) {
    const whole = new Tree();
    for (const name of image.layers) {
      for (const [at, node] of layers[name](parts).tree.entries()) whole.set(at, node);
    }
    // without a /usr there is nothing that could need a library
    if (whole.get('usr')) checkPrograms(whole);
  }
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of await listFiles(folder)) {
    found.set(name, await readFile(path.join(folder, name)));
  }
  return found;
}
