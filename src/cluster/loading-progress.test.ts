import { expect, it } from 'vitest';
import { type LoadingProgress, LoadingSum } from './loading-progress.ts';

function summed() {
  const told: LoadingProgress[] = [];
  const sum = new LoadingSum((progress) => told.push(progress));
  const part = (bytes: number, words?: string) => {
    const tell = sum.add(bytes, words);
    return (loadedBytes: number, fromCache = false) => {
      tell({ loadedBytes, totalBytes: bytes, fromCache });
    };
  };
  return { sum, told, part };
}

it('adds up what arrives side by side and names what is still to come, the largest first', () => {
  const { sum, told, part } = summed();
  const emulator = part(20, 'emulator');
  const index = part(1);
  const snapshot = part(60, 'node snapshot');
  sum.begin();
  emulator(5);
  index(1);
  emulator(20);
  snapshot(60);
  expect(told.map(({ asset, loadedBytes }) => [asset, loadedBytes])).toEqual([
    ['node snapshot and emulator', 0],
    ['node snapshot and emulator', 5],
    ['node snapshot and emulator', 6],
    ['node snapshot', 21],
    ['node snapshot and emulator', 81],
  ]);
});

it('has one total from the first word to the last', () => {
  const { sum, told, part } = summed();
  const emulator = part(20, 'emulator');
  emulator(5);
  const snapshot = part(60, 'node snapshot');
  sum.begin();
  snapshot(30);
  expect(told.map(({ loadedBytes, totalBytes }) => [loadedBytes, totalBytes])).toEqual([
    [5, 80],
    [35, 80],
  ]);
});

it('counts a file that begins anew from its start', () => {
  const { sum, told, part } = summed();
  const snapshot = part(60, 'node snapshot');
  sum.begin();
  snapshot(60);
  snapshot(10);
  expect(told.at(-1)).toMatchObject({ asset: 'node snapshot', loadedBytes: 10 });
});

it('is from the cache if all that has come is', () => {
  const { sum, told, part } = summed();
  const emulator = part(20, 'emulator');
  const snapshot = part(60, 'node snapshot');
  sum.begin();
  snapshot(60, true);
  emulator(10);
  expect(told.map(({ fromCache }) => fromCache)).toEqual([false, true, false]);
});
