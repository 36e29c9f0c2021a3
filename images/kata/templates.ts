import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { memoryClasses } from '#runtimes/kata/machines.ts';
import { bios } from '../bios.ts';
import { emulatorInputs, packSnapshot } from '../pack-snapshot.ts';
import { sha256 } from '../recipe/digest.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { sha256OfModule } from '../sources.ts';
import { kataInitramfs } from './initramfs.ts';
import { kataKernel } from './kernel.ts';

const machineLayer = path.resolve(import.meta.dirname, '../../src/host/take-pod-template.ts');

/** `template-64` and so on: the machine of a pod as it is when its agent has come up, for each size of its memory. */
export const kataTemplates: Step = {
  name: 'kata-templates',
  title: "Templates of Kata pods' machines",
  needs: [kataKernel, kataInitramfs, bios],
  tools: ['zstd'],
  resumable: false,
  async inputs() {
    return {
      recipe: sha256(await readFile(import.meta.filename)),
      sizes: memoryClasses.join(' '),
      ...(await emulatorInputs()),
      machineLayer: await sha256OfModule(machineLayer),
    };
  },
  run: takeTemplates,
};

async function takeTemplates(workshop: Workshop): Promise<void> {
  const { outputOf, progress, signal } = workshop;
  const read = (step: Step, name: string) => readFile(path.join(outputOf(step), name));
  // Only here: a build with nothing to do need not load the emulator.
  const { takePodTemplate } = await import('#host/take-pod-template.ts');
  const images = {
    kernel: await read(kataKernel, 'bzimage'),
    initramfs: gunzipSync(await read(kataInitramfs, 'initramfs.gz')),
    firmware: {
      bios: await read(bios, 'bios.bin'),
      vgaBios: await read(bios, 'vga-bios.bin'),
    },
  };
  for (const mebibytes of memoryClasses) {
    progress.at(`booting a machine of ${String(mebibytes)} MiB`);
    const plain = await takePodTemplate(images, mebibytes << 20, signal);
    await packSnapshot(workshop, plain, `template-${String(mebibytes)}`);
  }
}
