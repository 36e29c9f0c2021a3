import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fullDisk } from './fault-commands.ts';

/** Kibibytes. */
const memory = 250_468;
const usual = 125_236;

/** Whether a shell in which df(1) and free(1) tell this takes the disk for filled; in kibibytes. */
function isFilled({ size, used }: { size: number; used: number }): boolean {
  const commands = {
    df: `Filesystem 1K-blocks Used Available Use% Mounted on\ntmpfs ${size} ${used} ${size - used} 9% /`,
    free: `      total  used  free\nMem: ${memory} 80000 ${memory - 80_000}\nSwap: 0 0 0`,
  };
  const stubs = Object.entries(commands).map(([name, text]) => `${name}() { echo '${text}'; }\n`);
  const { status, stderr } = spawnSync('bash', ['-c', stubs.join('') + fullDisk.probe]);
  expect(String(stderr)).toBe('');
  return status === 0;
}

test('a disk is filled while it is smaller than usual, whatever was freed on it since', () => {
  expect(isFilled({ size: usual, used: 60_000 })).toBe(false);
  expect(isFilled({ size: 60_000, used: 60_000 })).toBe(true);
  expect(isFilled({ size: 60_000, used: 59_000 })).toBe(true);
});

test('a disk that the reader has filled with files is not taken for one that was made smaller', () => {
  expect(isFilled({ size: usual, used: usual })).toBe(false);
});
