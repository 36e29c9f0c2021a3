import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import type { Workshop } from '../recipe/recipe.ts';
import { readTar, type TarEntry } from './tar.ts';

/** What a package would put on the disk, read without putting it there. */
export async function readPackage(workshop: Workshop, file: string): Promise<TarEntry[]> {
  const { output } = await workshop.toolbox.run(
    'dpkg-deb',
    ['--fsys-tarfile', file],
    workshop.signal ? { signal: workshop.signal } : {},
  );
  return [...readTar(output)];
}

/** One file out of a package. */
export async function fileFromPackage(
  workshop: Workshop,
  file: string,
  name: string,
): Promise<Uint8Array> {
  const entry = (await readPackage(workshop, file)).find((e) => e.path === name);
  if (entry?.type === 'file') return entry.data;
  throw new SandglassError('not-found', `The package ${path.basename(file)} has no file ${name}.`);
}
