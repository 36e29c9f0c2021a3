import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { generateKubeSchema } from '../../generate/kube-schema.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the schema is what `npm run generate` makes of the client package', async () => {
  for (const { path, text } of await generateKubeSchema()) {
    expect(readFileSync(join(root, path), 'utf8') === text, path).toBe(true);
  }
});
