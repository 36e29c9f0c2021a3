import { expect, it, vi } from 'vitest';
import { NinepMessage, NinepReader, NinepWriter } from '#abi/ninep.ts';
import { ManualClock } from '#base/clock.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { NinepDevice } from '#vm/ninep-device.ts';
import type { GuestAsset } from './guest-manifest.ts';
import { type FetchFile, NodeArchive } from './node-archive.ts';

const file = (sha256: string, bytes: number): TreeEntry => ({
  type: 'file',
  mode: 0o755,
  mtime: 0,
  bytes,
  sha256,
});
const tree: TreeEntry = {
  type: 'directory',
  mode: 0o755,
  mtime: 0,
  entries: {
    big: file('aa', 30 << 20),
    bigger: file('bb', 40 << 20),
    small: file('cc', 10),
    copy: file('cc', 10),
  },
};

const fids = { big: 1, bigger: 2, small: 3, copy: 4 };

function message(type: number, tag: number, fill: (w: NinepWriter) => NinepWriter) {
  return fill(new NinepWriter(type, tag)).finish();
}

/** An archive whose files the guest has open. */
async function opened(fetch: FetchFile): Promise<NodeArchive> {
  const node = new NodeArchive(tree, fetch, new ManualClock());
  const call = (type: number, fill: (w: NinepWriter) => NinepWriter) =>
    node.server.handle(message(type, 1, fill));
  await call(NinepMessage.Tversion, (w) => w.u32(8192).string('9P2000.L'));
  await call(NinepMessage.Tattach, (w) => w.u32(0).u32(0).string('').string('').u32(0));
  for (const [name, fid] of Object.entries(fids)) {
    await call(NinepMessage.Twalk, (w) => w.u32(0).u32(fid).u16(1).string(name));
    await call(NinepMessage.Tlopen, (w) => w.u32(fid).u32(0));
  }
  return node;
}

const readOf = (name: keyof typeof fids, tag: number) =>
  message(NinepMessage.Tread, tag, (w) => w.u32(fids[name]).u64(0).u32(1));

/** Reads a file's first byte; resolves with the type of the answer. */
async function read({ server }: NodeArchive, name: keyof typeof fids): Promise<number> {
  return new NinepReader(await server.handle(readOf(name, 1))).type;
}

async function archive(fetch: FetchFile) {
  const fetched: string[] = [];
  return {
    fetched,
    archive: await opened((asset, signal) => {
      fetched.push(asset.path);
      return fetch(asset, signal);
    }),
  };
}

const whole = ({ bytes }: GuestAsset) => Promise.resolve(new Uint8Array(bytes));

it('fetches a file by its digest, once for readers of the same time and later ones', async () => {
  const { archive: node, fetched } = await archive(whole);
  await read(node, 'small');
  await read(node, 'small');
  expect(fetched).toEqual(['files/cc']);
});

it('drops what was used longest ago beyond 48 MiB', async () => {
  const { archive: node, fetched } = await archive(whole);
  const names = ['small', 'big', 'small', 'bigger', 'small', 'big'] as const;
  for (const name of names) await read(node, name);
  expect(fetched).toEqual(['files/cc', 'files/aa', 'files/bb', 'files/aa']);
});

it('answers an error, says once why, and tries again with the next read', async () => {
  let online = false;
  const { archive: node, fetched } = await archive((asset) =>
    online ? whole(asset) : Promise.reject(new Error('offline')),
  );
  const failures: string[] = [];
  node.failures.listen(({ path, error }) => failures.push(`${path}: ${error.message}`));
  const answers = await Promise.all([read(node, 'small'), read(node, 'small')]);
  expect(answers).toEqual([NinepMessage.Rlerror, NinepMessage.Rlerror]);
  expect(failures).toEqual(['/small: offline']);
  online = true;
  expect(await read(node, 'small')).toBe(NinepMessage.Rread);
  expect(fetched).toEqual(['files/cc', 'files/cc']);
});

it('lists its files as they are fetched', async () => {
  const { archive: node } = await archive(whole);
  expect(node.files()).toContainEqual({
    name: '/small',
    path: 'files/cc',
    bytes: 10,
    sha256: 'cc',
  });
  expect(node.files()).toHaveLength(4);
});

/** The archive behind the emulator's 9P device, with a host that accepts and never answers. */
async function stalled() {
  const signals: AbortSignal[] = [];
  let online = false;
  const node = await opened((asset, signal) => {
    signals.push(signal);
    if (online) return whole(asset);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  });
  const failures: string[] = [];
  node.failures.listen(({ path }) => failures.push(path));
  const device = new NinepDevice(
    (request, signal) => node.server.handle(request, signal),
    (_tag, error) => expect.fail(error.message),
  );
  const replies: number[] = [];
  const send = (request: Uint8Array) =>
    new Promise<void>((resolve) => {
      device.handle(request, (reply) => {
        replies.push(new NinepReader(reply).type);
        resolve();
      });
    });
  const flush = (tag: number, old: number) =>
    send(message(NinepMessage.Tflush, tag, (w) => w.u16(old)));
  const goOnline = () => {
    online = true;
  };
  return { device, signals, failures, replies, send, flush, goOnline };
}

it('ends a fetch with the last read that waits for it, which is no failure', async () => {
  const { signals, failures, replies, send, flush, goOnline } = await stalled();
  void send(readOf('small', 1));
  void send(readOf('small', 2));
  await flush(3, 1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  expect(replies).toEqual([NinepMessage.Rlerror, NinepMessage.Rflush]);
  const flushed = flush(3, 2);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  goOnline();
  // Before the fetch has noticed its end: this read must not share it.
  const again = send(readOf('copy', 4));
  await flushed;
  await again;
  expect(replies.slice(2).sort()).toEqual(
    [NinepMessage.Rlerror, NinepMessage.Rflush, NinepMessage.Rread].sort(),
  );
  expect(failures).toEqual([]);
  expect(signals).toHaveLength(2);
});

it('ends its fetches with the machine', async () => {
  const { device, signals, send } = await stalled();
  void send(readOf('small', 1));
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  device.close();
  expect(signals[0]?.aborted).toBe(true);
});
