import { expect, it } from 'vitest';
import { refuseWithoutMemory } from './memory-shortage.ts';

const patched = (allocate_memory: (bytes: number) => number) => {
  const cpu = { allocate_memory };
  refuseWithoutMemory(cpu);
  return cpu;
};

it('hands on what was allocated', () => {
  expect(patched((bytes) => bytes + 8).allocate_memory(256 << 20)).toBe((256 << 20) + 8);
});

it.each([
  ['says no', () => 0],
  [
    'traps',
    () => {
      throw new WebAssembly.RuntimeError('unreachable');
    },
  ],
])('says how much is missing where the allocator %s', (_what, allocate) => {
  expect(() => patched(allocate).allocate_memory(256 << 20)).toThrow(
    expect.objectContaining({
      code: 'resource-exhausted',
      message: 'There is not enough memory here for a machine with 256 MB.',
    }),
  );
});
