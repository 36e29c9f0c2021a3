import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modulesOf, sha256OfModule } from './sources.ts';
import { steps } from './steps.ts';

let source: string;
const write = (name: string, text: string) => writeFile(path.join(source, name), text);
const digest = () => sha256OfModule(path.join(source, 'a/entry.ts'), source);

beforeEach(async () => {
  source = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
  await mkdir(path.join(source, 'a'));
  await mkdir(path.join(source, 'b'));
  await write(
    'a/entry.ts',
    "import { x } from './near.ts';\nimport {\n  type A,\n  y,\n} from '#b/far.ts';\n" +
      "import type {\n  Q,\n} from '#b/types.ts';\nconst late = () => import('#b/late.ts');\n",
  );
  await write('a/near.ts', "import fs from 'node:fs';\nimport { z } from './entry.ts';\n");
  await write('b/far.ts', 'export {\n  q,\n} from "node:os";\n');
  await write('b/late.ts', '');
  await write('b/types.ts', '');
  await write('b/other.ts', '');
});
afterEach(() => rm(source, { recursive: true, force: true }));

test('a module depends on what it runs with, near and far, and on nothing else', async () => {
  const before = await digest();
  for (const name of ['b/other.ts', 'b/types.ts']) {
    await write(name, 'changed');
    expect(await digest()).toBe(before);
  }
  const seen = new Set([before]);
  for (const name of ['b/far.ts', 'b/late.ts', 'a/near.ts']) {
    await write(name, 'changed');
    seen.add(await digest());
  }
  expect(seen.size).toBe(4);
});

test('a step that reads packages runs again when the reading changes', async () => {
  const files = {
    bios: 'bios.ts',
    'guest-programs': 'guest/recipe.ts',
    rootfs: 'rootfs/recipe.ts',
  };
  for (const [name, file] of Object.entries(files)) {
    const entry = path.join(import.meta.dirname, file);
    const inputs = await steps.find((step) => step.name === name)?.inputs();
    expect(inputs).toMatchObject({ recipe: await sha256OfModule(entry) });
    expect(Object.keys(await modulesOf(entry))).toContain('../images/packages/tar.ts');
  }
});
