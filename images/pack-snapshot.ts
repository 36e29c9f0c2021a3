import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { decodeSnapshot, replacePayload } from '#vm/snapshot-file.ts';
import { sha256OfFile } from './recipe/digest.ts';
import { megabytes } from './recipe/progress.ts';
import type { Workshop } from './recipe/recipe.ts';

/** zstd's highest level whose window (8 MiB) v86's decoder takes. */
const level = '-19';

/** What every saved machine depends on, beside what it was started from. */
export async function emulatorInputs(): Promise<Record<string, string>> {
  const { resolve } = createRequire(import.meta.url);
  return {
    emulator: await sha256OfFile(resolve('v86/build/v86.wasm')),
    emulatorCode: await sha256OfFile(resolve('v86')),
  };
}

/** Writes a machine that was saved uncompressed, packed, as `name` into the step's output. */
export async function packSnapshot(
  { output, work, progress, toolbox, signal }: Workshop,
  plain: Uint8Array,
  name: string,
): Promise<void> {
  const { payload } = await decodeSnapshot(plain);
  const state = path.join(work, name);
  await writeFile(state, payload);
  progress.at('compressing the snapshot');
  await toolbox.run(
    'zstd',
    ['-q', '-f', level, '--no-check', state, '-o', `${state}.zst`],
    signal ? { signal } : {},
  );
  const packed = await replacePayload(plain, await readFile(`${state}.zst`));
  await writeFile(path.join(output, name), packed);
  progress.say(`  ${name}: ${megabytes(payload.length)}, compressed ${megabytes(packed.length)}`);
}
