import { expect, test } from 'vitest';
import { machineTree } from './initramfs.ts';

const program = (name: string) => new TextEncoder().encode(name);

test('the kernel finds its first process, the debug console its shell, and each mount its place', () => {
  const tree = machineTree({
    agent: program('agent'),
    survey: program('survey'),
    busybox: program('busybox'),
  });
  const at = (path: string) => tree.resolve(path)?.[1];
  expect(at('init')).toMatchObject({ mode: 0o755, data: program('agent') });
  expect(at('bin/sh')).toMatchObject({ mode: 0o755, data: program('busybox') });
  expect(at('usr/bin/survey')).toMatchObject({ data: program('survey') });
  expect(at('dev/console')).toMatchObject({ type: 'character device', major: 5, minor: 1 });
  for (const name of ['dev', 'proc', 'run', 'sys', 'root', 'tmp', 'etc']) {
    expect(at(name)).toMatchObject({ type: 'directory' });
  }
  // DNS is a mount over it
  expect(at('etc/resolv.conf')).toMatchObject({ type: 'file' });
});
