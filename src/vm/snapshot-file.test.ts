import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type MachineProfile, nodeProfile } from './profiles.ts';
import {
  type SnapshotFacts,
  assertFits,
  decodeSnapshot,
  encodeSnapshot,
  readSnapshotHeader,
  replacePayload,
  shapeOf,
} from './snapshot-file.ts';

const facts: SnapshotFacts = {
  profile: 'node',
  shape: shapeOf(nodeProfile),
  mac: '02:00:00:00:00:01',
  openPorts: [1],
  typed: [],
  takenAt: 1_700_000_000_000,
  extra: { fids: [1, 2] },
};

/** Starts as v86's states do. */
const state = new Uint8Array(5000).fill(7);
state.set([0x76, 0x86, 0x76, 0x86]);

function changed(file: Uint8Array, at: number): Uint8Array {
  const copy = file.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('snapshot files', () => {
  it('give back what was put in', async () => {
    const { header, payload } = await decodeSnapshot(await encodeSnapshot(facts, state));
    expect(header).toMatchObject({ ...facts, payload: { encoding: 'v86-state', length: 5000 } });
    expect(payload).toEqual(state);
  });

  it('can be read anywhere in a buffer', async () => {
    const file = await encodeSnapshot(facts, state);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect((await decodeSnapshot(shifted.subarray(3))).payload).toEqual(state);
  });

  it('stay zstd files when their state is compressed', async () => {
    const zstd = (bytes: Uint8Array, ...options: string[]) =>
      new Uint8Array(execFileSync('zstd', ['-q', '-c', ...options], { input: bytes }));
    const file = await replacePayload(await encodeSnapshot(facts, state), zstd(state));
    expect(readSnapshotHeader(file)).toMatchObject({ ...facts, payload: { encoding: 'zstd' } });
    expect(zstd(file, '-d')).toEqual(state);
  });

  it('are refused when damaged, wherever the damage is', async () => {
    const file = await encodeSnapshot(facts, state);
    const headerEnd = file.length - state.length;
    const damaged = {
      empty: new Uint8Array(),
      'cut in the header': file.subarray(0, headerEnd - 1),
      'cut in the state': file.subarray(0, file.length - 1),
      'without a state': file.subarray(0, headerEnd),
      'of another magic': changed(file, 0),
      'of a wrong header length': changed(file, 4),
      'of a huge header length': changed(file, 7),
      'changed in the header': changed(file, 9),
      'changed in the state': changed(file, file.length - 100),
      'another file': new TextEncoder().encode('<!doctype html><title>Not found</title>'),
    };
    for (const [what, bytes] of Object.entries(damaged)) {
      await expect(decodeSnapshot(bytes), what).rejects.toMatchObject({ code: 'data-loss' });
    }
  });

  it('of another format version are refused as such', async () => {
    const file = await encodeSnapshot(facts, state);
    const at = new TextDecoder('latin1').decode(file).indexOf('"version":1') + 10;
    const newer = file.slice();
    newer[at] = 0x32;
    await expect(decodeSnapshot(newer)).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  it('are made of states only', async () => {
    await expect(encodeSnapshot(facts, new Uint8Array(100))).rejects.toThrow('damaged');
  });
});

describe('assertFits', () => {
  it('compares what v86 does not', async () => {
    const header = readSnapshotHeader(await encodeSnapshot(facts, state));
    expect(() => {
      assertFits(header, nodeProfile);
    }).not.toThrow();
    const others = [
      { ...nodeProfile, memoryBytes: 128 << 20 },
      { ...nodeProfile, acpi: !nodeProfile.acpi },
      { ...nodeProfile, ninep: false },
      { ...nodeProfile, vgaMemoryBytes: 8 << 20 },
    ];
    const withoutNic: MachineProfile = { ...nodeProfile };
    delete withoutNic.nic;
    for (const profile of [...others, withoutNic]) {
      expect(() => {
        assertFits(header, profile);
      }).toThrow('does not fit');
    }
    expect(() => {
      assertFits({ ...header, emulator: 'v86 0.5.400' }, nodeProfile);
    }).toThrow('taken by v86 0.5.400');
  });
});
