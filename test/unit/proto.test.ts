import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it(
  'finds the messages in the repository as `npm run generate` makes them',
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'proto-'));
    try {
      await promisify(execFile)('npm', ['run', '--silent', 'generate', '--', '-o', folder]);
      const files = (await readdir(folder, { recursive: true })).filter((name) =>
        name.endsWith('.ts'),
      );
      expect(files).toContain('src/kube/cri/api_pb.ts');
      for (const file of files) {
        expect(await readFile(path.join(folder, file), 'utf8')).toBe(await readFile(file, 'utf8'));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
