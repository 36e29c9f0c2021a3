import { describe, expect, it } from 'vitest';
import { FakeFiles } from '#kubelet/testing/fake-files.ts';
import { resolveSubPath } from './sub-path.ts';

const signal = new AbortController().signal;

async function volume(): Promise<FakeFiles> {
  const files = new FakeFiles();
  await files.makeDirectory('/volume', { parents: true });
  return files;
}

describe('resolveSubPath', () => {
  it('makes what is missing', async () => {
    const files = await volume();
    expect(await resolveSubPath(files, '/volume', './a//b', signal)).toBe('/volume/a/b');
    expect((await files.stat('/volume/a/b')).type).toBe('directory');
  });

  it('follows links that stay within', async () => {
    const files = await volume();
    files.put('/volume/real/file', 'x');
    await files.symlink('/volume/link', 'real/../real');
    expect(await resolveSubPath(files, '/volume', 'link/file', signal)).toBe('/volume/real/file');
  });

  it.each(['/etc', '../etc', 'a/../../etc', 'loop'])('refuses a link to %s', async (target) => {
    const files = await volume();
    await files.symlink('/volume/loop', target);
    await expect(resolveSubPath(files, '/volume', 'loop/x', signal)).rejects.toThrow(
      'subpath "loop/x" not within volume path "/volume"',
    );
    expect(await files.exists('/etc/x')).toBe(false);
  });
});
