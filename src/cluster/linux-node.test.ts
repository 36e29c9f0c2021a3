import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { type AssetSource, type FetchProgress, GuestAssets } from './guest-assets.ts';
import { LinuxNode } from './linux-node.ts';
import type { EmulatorSource } from './node-images.ts';

const names = [
  'node-archive',
  'node-snapshot',
  'node-kernel',
  'node-initramfs',
  'bios',
  'vga-bios',
];
const manifest = JSON.stringify({
  version: 1,
  assets: names.map((name) => ({ name, path: name, bytes: 10, sha256: '0'.repeat(64) })),
  packages: [],
});

function nodeFrom(source: Partial<AssetSource>, load?: EmulatorSource['load']): LinuxNode {
  return new LinuxNode({
    assets: new GuestAssets({
      manifest: () => Promise.resolve(manifest),
      fetch: () => new Promise(() => undefined),
      forget: () => Promise.resolve(),
      ...source,
    }),
    emulator: { bytes: 4, load: load ?? (() => new Promise(() => undefined)) },
    clock: systemClock,
    hostname: 'node-1',
  });
}

describe('a start of the node', () => {
  it('stays failed, although another of its downloads still makes progress', async () => {
    let progress: (progress: FetchProgress) => void = () => undefined;
    const node = nodeFrom({
      fetch: ({ name }, onProgress) => {
        if (name === 'node-snapshot') {
          progress = onProgress;
          return new Promise(() => undefined);
        }
        return Promise.reject(new SandglassError('unavailable', 'answered 503'));
      },
    });
    await expect(node.start('snapshot')).rejects.toThrow('answered 503');
    progress({ loadedBytes: 5, totalBytes: 10, fromCache: false });
    expect(node.status).toMatchObject({ kind: 'failed', failure: { message: 'answered 503' } });
  });

  it('is not ended by the start that it overtakes while the manifest is fetched', async () => {
    let answer: (text: string) => void = () => undefined;
    const node = nodeFrom({
      manifest: () => new Promise((resolve) => (answer = resolve)),
      fetch: () => Promise.reject(new SandglassError('not-found', 'no such image')),
    });
    const first = expect(node.start('snapshot')).rejects.toMatchObject({ code: 'cancelled' });
    const second = expect(node.start('cold-boot')).rejects.toThrow('no such image');
    answer(manifest);
    await first;
    await second;
    expect(node.status).toMatchObject({ kind: 'failed', failure: { code: 'not-found' } });
  });

  it('counts the emulator among what it loads', async () => {
    const node = nodeFrom({}, (onProgress) => {
      onProgress({ loadedBytes: 3, totalBytes: 4, fromCache: false });
      return new Promise(() => undefined);
    });
    const ended = expect(node.start('snapshot')).rejects.toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => {
      expect(node.status).toMatchObject({
        kind: 'loading',
        asset: 'node snapshot and emulator',
        loadedBytes: 3,
        totalBytes: 24,
      });
    });
    node.stop();
    await ended;
  });

  it('fails to load, not to start, without the emulator', async () => {
    const node = nodeFrom({}, () => Promise.reject(new SandglassError('unavailable', 'offline')));
    await expect(node.start('snapshot')).rejects.toThrow('offline');
    expect(node.status).toMatchObject({ kind: 'failed', during: 'loading' });
  });
});
