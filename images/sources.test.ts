import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256OfModule } from './sources.ts';

let source: string;
const write = (name: string, text: string) => writeFile(path.join(source, name), text);
const digest = () => sha256OfModule(path.join(source, 'a/entry.ts'), source);

beforeEach(async () => {
  source = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
  await mkdir(path.join(source, 'a'));
  await mkdir(path.join(source, 'b'));
  await write(
    'a/entry.ts',
    "import { x } from './near.ts';\nimport type { Y } from '#b/far.ts';\n",
  );
  await write('a/near.ts', "import fs from 'node:fs';\nimport { z } from './entry.ts';\n");
  await write('b/far.ts', 'export {\n  q,\n} from "node:os";\n');
  await write('b/other.ts', '');
});
afterEach(() => rm(source, { recursive: true, force: true }));

test('a module depends on what it imports, near and far, and on nothing else', async () => {
  const before = await digest();
  await write('b/other.ts', 'changed');
  expect(await digest()).toBe(before);
  await write('b/far.ts', 'changed');
  const after = await digest();
  expect(after).not.toBe(before);
  await write('a/near.ts', 'changed');
  expect(await digest()).not.toBe(after);
});
