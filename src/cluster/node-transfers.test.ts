import { afterEach, expect, it } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { ByteQueue } from '#base/byte-queue.ts';
import { SandglassError, cancelledError } from '#base/errors.ts';
import type { WriteOptions } from '#guest/file-streams.ts';
import type { UploadedFile } from '#rpc/contracts.ts';
import type { LinuxNode } from './linux-node.ts';
import { downloadFile, uploadFile } from './node-transfers.ts';

const open: BytePort[] = [];

afterEach(() => {
  for (const port of open.splice(0)) port.fail(new SandglassError('cancelled', 'Done.'));
});

function port(): { near: BytePort; far: MessagePort } {
  const made = BytePort.pair();
  open.push(made.near);
  return made;
}

/** A node whose agent has only these calls for files. */
function nodeWith(files: object): LinuxNode {
  return { running: { agent: { files } } } as unknown as LinuxNode;
}

it.each([
  [undefined, { atomic: true }],
  [0o755, { atomic: true, mode: 0o755 }],
])('an upload with the mode %s asks for no other', async (mode, asking) => {
  const asked: WriteOptions[] = [];
  const node = nodeWith({
    stat: () => Promise.reject(new SandglassError('not-found', 'No such file.')),
    openWrite: (_path: string, given: WriteOptions) => {
      asked.push(given);
      const sink = new ByteQueue({ capacity: 10 });
      return Promise.resolve({ sink, finish: () => Promise.resolve(), cancel: () => undefined });
    },
  });
  const { near, far } = port();
  const options = mode === undefined ? {} : { mode };
  const uploading = uploadFile(node, '/root/script', far, { name: 'script.sh', ...options });
  await near.outgoing.write(Uint8Array.of(1, 2, 3));
  near.outgoing.end();
  expect(await uploading).toEqual({ path: '/root/script', bytes: 3, replaced: false });
  expect(asked).toEqual([asking]);
});

it.each<[string, Record<string, string>, UploadedFile]>([
  ['/tmp', { '/tmp': 'directory' }, { path: '/tmp/a', bytes: 0, replaced: false }],
  [
    '/tmp/',
    { '/tmp/': 'directory', '/tmp/a': 'file' },
    { path: '/tmp/a', bytes: 0, replaced: true },
  ],
  ['/', { '/': 'directory' }, { path: '/a', bytes: 0, replaced: false }],
  ['/tmp/b', { '/tmp/b': 'file' }, { path: '/tmp/b', bytes: 0, replaced: true }],
  [
    '/dev/null',
    { '/dev/null': 'character-device' },
    { path: '/dev/null', bytes: 0, replaced: false },
  ],
])('an upload to %s goes where cp(1) would put it, and says so', async (target, types, outcome) => {
  const opened: string[] = [];
  const node = nodeWith({
    stat: (path: string) =>
      types[path] === undefined
        ? Promise.reject(new SandglassError('not-found', 'No such file.'))
        : Promise.resolve({ type: types[path] }),
    openWrite: (path: string) => {
      opened.push(path);
      const sink = new ByteQueue({ capacity: 10 });
      return Promise.resolve({ sink, finish: () => Promise.resolve(), cancel: () => undefined });
    },
  });
  const { near, far } = port();
  near.outgoing.end();
  expect(await uploadFile(node, target, far, { name: 'a' })).toEqual(outcome);
  expect(opened).toEqual([outcome.path]);
});

it('a download that fails on its way does not end as one that is whole', async () => {
  const source = new ByteQueue({ capacity: 10 });
  const node = nodeWith({
    stat: () => Promise.resolve({ type: 'file' }),
    openRead: () => Promise.resolve({ size: 0, source }),
  });
  const { near, far } = port();
  expect(await downloadFile(node, '/proc/x', far)).toEqual({ name: 'x', bytes: 0 });
  await source.write(Uint8Array.of(1));
  expect(await near.incoming.read()).toEqual(Uint8Array.of(1));
  source.fail(new SandglassError('data-loss', 'Cannot read /proc/x: input/output error (EIO).'));
  await expect(near.incoming.read()).rejects.toMatchObject({ code: 'data-loss' });
});

it.each([
  ['character-device', 'character device'],
  ['block-device', 'block device'],
  ['pipe', 'pipe'],
  ['directory', 'directory'],
])('a %s is not downloaded, and the reader is told why', async (type, words) => {
  const node = nodeWith({
    stat: () => Promise.resolve({ type }),
    openRead: () => Promise.resolve({ size: 0, source: new ByteQueue({ capacity: 10 }) }),
  });
  const { near, far } = port();
  const message = `/dev/x is a ${words}; only regular files can be downloaded.`;
  await expect(downloadFile(node, '/dev/x', far)).rejects.toMatchObject({ message });
  await expect(near.incoming.read()).rejects.toMatchObject({ message });
});

it('a download that is cancelled ends at once, although no further byte comes', async () => {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const source = new ByteQueue({ capacity: 10, onCancel: end });
  const node = nodeWith({
    stat: () => Promise.resolve({ type: 'file' }),
    openRead: () => Promise.resolve({ size: 0, source }),
  });
  const { near, far } = port();
  await downloadFile(node, '/archive/slow', far);
  await source.write(Uint8Array.of(1));
  await near.incoming.read();
  near.incoming.cancel();
  await ended;
});

it('a download that is cancelled before its file is open waits no longer for that', async () => {
  const node = nodeWith({
    stat: () => Promise.resolve({ type: 'file' }),
    openRead: (_path: string, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(cancelledError(signal));
        });
      }),
  });
  const { near, far } = port();
  const download = downloadFile(node, '/archive/slow', far);
  near.incoming.cancel();
  await expect(download).rejects.toMatchObject({ code: 'cancelled' });
});
