import { expect, it } from 'vitest';
import { shell, startNode } from './node.ts';

// Each of hundreds of programs is read over 9P once.
it('gives every program of the root file system its libraries', { timeout: 600_000 }, async () => {
  const node = await startNode();
  try {
    const missing = await shell(
      node.running,
      'for f in /usr/bin/* /usr/sbin/*; do ldd "$f" 2>/dev/null | grep "not found" && echo "$f"; done; true',
    );
    expect(missing).toBe('');
    expect(await shell(node.running, 'ldd /usr/bin/ps | grep -c "=> /"')).toMatch(/^[1-9]/);
  } finally {
    node.stop();
  }
});
