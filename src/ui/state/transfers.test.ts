import { expose } from 'comlink';
import { beforeEach, expect, test, vi } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { connect } from '#rpc/connect.ts';
import type { NodeApi } from '#rpc/contracts.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import {
  type LocalFile,
  type Transfer,
  type TransferMachine,
  Transfers,
} from './transfers.svelte.ts';

let node: FakeNode;
let saved: { name: string; content: Blob }[];
let transfers: Transfers;
let clock: ManualClock;

beforeEach(() => {
  node = new FakeNode();
  saved = [];
  clock = new ManualClock();
  transfers = new Transfers(
    machineOf(node),
    { save: (name, content) => saved.push({ name, content }) },
    clock,
  );
});

function machineOf(api: NodeApi): TransferMachine {
  return { api, openCheckpoint: (port) => api.openCheckpoint(port) };
}

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff);
}

function file(name: string, content: Uint8Array<ArrayBuffer>): LocalFile {
  const blob = new Blob([content]);
  return { name, size: content.length, stream: () => blob.stream() };
}

function last(): Transfer {
  const transfer = transfers.list.at(-1);
  if (!transfer) throw new Error('There is no transfer.');
  return transfer;
}

test('an upload arrives byte for byte', async () => {
  const content = bytes(3_000_000);
  await transfers.upload(file('data.bin', content), '/root/data.bin');
  expect(Buffer.compare(node.files.get('/root/data.bin') ?? new Uint8Array(), content)).toBe(0);
  expect(last()).toMatchObject({
    state: 'done',
    doneBytes: 3_000_000,
    totalBytes: 3_000_000,
    message: 'Uploaded data.bin to /root/data.bin (3.0 MB).',
  });
});

test('an upload says where it went, and that it replaced a file', async () => {
  node.directories.add('/tmp');
  await transfers.upload(file('notes.txt', bytes(3)), '/tmp');
  expect(last().message).toBe('Uploaded notes.txt to /tmp/notes.txt (3 bytes).');
  await transfers.upload(file('notes.txt', bytes(5)), '/tmp/notes.txt');
  expect(last().message).toBe(
    'Uploaded notes.txt to /tmp/notes.txt (5 bytes) and replaced what was there.',
  );
});

test('an empty file can be uploaded and downloaded', async () => {
  await transfers.upload(file('empty', bytes(0)), '/root/empty');
  await transfers.download('/root/empty');
  expect(saved[0]?.content.size).toBe(0);
});

test('a download is saved byte for byte under its name', async () => {
  const content = bytes(20_000_000);
  node.files.set('/var/log/big.log', content);
  await transfers.download('/var/log/big.log');
  expect(saved[0]?.name).toBe('big.log');
  const result = new Uint8Array((await saved[0]?.content.arrayBuffer()) ?? new ArrayBuffer());
  expect(Buffer.compare(result, content)).toBe(0);
  expect(last().state).toBe('done');
});

test('images of an archive are loaded, and named when they are there', async () => {
  await transfers.loadImages(file('mine.tar', bytes(300_000)));
  expect(node.calls).toContain('load images from 300000 bytes');
  expect(last().message).toBe('Loaded docker.io/library/mine:1 from mine.tar.');
  await transfers.loadImages(file('none.tar', bytes(0)));
  expect(last()).toMatchObject({
    state: 'failed',
    message: 'none.tar was not loaded: The archive is empty.',
  });
});

test('refusals are said in words', async () => {
  await transfers.upload(file('a', bytes(2_000_000)), '/proc/a');
  expect(last()).toMatchObject({
    state: 'failed',
    message: 'Not uploaded: /proc/a cannot be written: permission denied.',
  });
  await transfers.download('/nowhere');
  expect(last().message).toBe('Not downloaded: /nowhere does not exist.');
  expect(saved).toEqual([]);
});

test('a cancelled upload ends the stream with an error, so that no half file is kept', async () => {
  let ended: unknown;
  vi.spyOn(node, 'uploadFile').mockImplementation(async (_path, port) => {
    const { incoming } = new BytePort(port);
    await incoming.read();
    last().cancel();
    try {
      while (await incoming.read());
    } catch (error) {
      ended = error;
      throw error;
    }
    return { path: '/root/a', bytes: 0, replaced: false };
  });
  await transfers.upload(file('a', bytes(5_000_000)), '/root/a');
  expect(last()).toMatchObject({ state: 'cancelled', message: 'The upload of a was cancelled.' });
  await vi.waitFor(() => {
    expect(ended).toMatchObject({ code: 'cancelled' });
  });
});

test('a cancelled download saves nothing and stops the sender', async () => {
  let refused: unknown;
  vi.spyOn(node, 'downloadFile').mockImplementation(async (_path, port) => {
    const { outgoing } = new BytePort(port);
    try {
      for (;;) await outgoing.write(bytes(100_000));
    } catch (error) {
      refused = error;
      throw error;
    }
  });
  const done = transfers.download('/dev/zero');
  await vi.waitFor(() => {
    expect(last().doneBytes).toBeGreaterThan(0);
  });
  last().cancel();
  await done;
  expect(last().state).toBe('cancelled');
  expect(saved).toEqual([]);
  await vi.waitFor(() => {
    expect(refused).toMatchObject({ code: 'cancelled' });
  });
});

test('a machine that dies leaves nothing hanging', async () => {
  const gone = new SandglassError('unavailable', 'The machine is gone.');
  vi.spyOn(node, 'uploadFile').mockRejectedValue(gone);
  vi.spyOn(node, 'downloadFile').mockRejectedValue(gone);
  await transfers.upload(file('a', bytes(5_000_000)), '/root/a');
  await transfers.download('/root/a');
  expect(transfers.list.map(({ state }) => state)).toEqual(['failed', 'failed']);
});

test('a file that cannot be read is not uploaded in part', async () => {
  const broken: LocalFile = {
    name: 'gone.txt',
    size: 10,
    stream: () =>
      new ReadableStream({
        pull: (controller) => {
          controller.error(new DOMException('It was moved.', 'NotReadableError'));
        },
      }),
  };
  await transfers.upload(broken, '/root/gone.txt');
  expect(last()).toMatchObject({
    state: 'failed',
    message: 'Not uploaded: gone.txt could not be read.',
  });
  expect(node.files.has('/root/gone.txt')).toBe(false);
});

/** Sends `content` in two parts, the second once `go` resolves. */
function sendInParts(content: Uint8Array, said: number, go: Promise<void>): void {
  vi.spyOn(node, 'downloadFile').mockImplementation(async (_path, port) => {
    const { outgoing } = new BytePort(port);
    await outgoing.write(content.subarray(0, 10));
    void go.then(async () => {
      await outgoing.write(content.subarray(10));
      outgoing.end();
    });
    return { name: 'log', bytes: said };
  });
}

test.each([
  ['without a size, as in /proc,', 0, undefined],
  ['that grows', 5, undefined],
  ['that shrinks', 1000, 1000],
])('a file %s is saved as it was read', async (_what, said, total) => {
  let goOn: () => void = () => undefined;
  const content = bytes(30);
  sendInParts(content, said, new Promise((resolve) => (goOn = resolve)));
  const done = transfers.download('/var/log/log');
  await vi.waitFor(() => {
    expect(last()).toMatchObject({ doneBytes: 10, totalBytes: total });
  });
  goOn();
  await done;
  expect(last()).toMatchObject({
    state: 'done',
    message: 'Downloaded /var/log/log (30 bytes).',
  });
  expect(new Uint8Array((await saved[0]?.content.arrayBuffer()) ?? [])).toEqual(content);
});

test('a download whose stream fails is not saved', async () => {
  vi.spyOn(node, 'downloadFile').mockImplementation(async (_path, port) => {
    const stream = new BytePort(port);
    await stream.outgoing.write(bytes(5));
    stream.fail(new SandglassError('data-loss', 'Cannot read /root/a: input/output error (EIO).'));
    return { name: 'a', bytes: 5 };
  });
  await transfers.download('/root/a');
  expect(last()).toMatchObject({
    state: 'failed',
    message: 'Not downloaded: Cannot read /root/a: input/output error (EIO).',
  });
  expect(saved).toEqual([]);
});

test('a running download ends with a sentence when the worker dies', async () => {
  const worker = new MessageChannel();
  const api: Partial<NodeApi> = {
    watchStatus: () => Promise.resolve(),
    downloadFile: async (_path, port) => {
      await new BytePort(port).outgoing.write(bytes(5));
      return { name: 'a', bytes: 10 };
    },
  };
  expose(api, worker.port2);
  let die: (error: SandglassError) => void = () => undefined;
  const connection = connect({
    endpoint: worker.port1,
    onDeath: (report) => (die = report),
    terminate: () => worker.port1.close(),
  });
  worker.port1.start();
  const remote = new Transfers(
    machineOf(connection.api),
    { save: (name, content) => saved.push({ name, content }) },
    clock,
  );
  const done = remote.download('/root/a');
  await vi.waitFor(() => {
    expect(remote.list[0]).toMatchObject({ doneBytes: 5, totalBytes: 10 });
  });
  die(new SandglassError('unavailable', "The machine's worker ended without a word."));
  await done;
  expect(remote.list[0]).toMatchObject({
    state: 'failed',
    message: "/root/a was not downloaded: The machine's worker ended without a word.",
  });
  expect(saved).toEqual([]);
});

test('a failure that does not name the file is said of it', async () => {
  vi.spyOn(node, 'downloadFile').mockRejectedValue(new Error('The machine is gone'));
  await transfers.download('/root/a');
  expect(last().message).toBe('/root/a was not downloaded: The machine is gone.');
});

test('what went well leaves by itself, but not from under the reader', async () => {
  await transfers.upload(file('a', bytes(1)), '/root/a');
  last().lingering.held = true;
  clock.advance(60_000);
  expect(transfers.list).toHaveLength(1);
  last().lingering.held = false;
  clock.advance(10_000);
  expect(transfers.list).toEqual([]);
});

test('a failure stays until it is dismissed, whatever comes after it', async () => {
  await transfers.download('/nowhere');
  const failed = last();
  await transfers.download('/nothing');
  clock.advance(3_600_000);
  expect(transfers.list.map(({ path }) => path)).toEqual(['/nowhere', '/nothing']);
  transfers.dismiss(failed);
  expect(transfers.list.map(({ path }) => path)).toEqual(['/nothing']);
});

test('a finished transfer can be dismissed', async () => {
  await transfers.download('/nowhere');
  transfers.dismiss(last());
  expect(transfers.list).toEqual([]);
});

test('a saved cluster becomes a file that says when it was, and opens again', async () => {
  await transfers.saveCluster();
  const [{ name, content } = { name: '', content: new Blob() }] = saved;
  expect(name).toBe('cluster-2026-03-01-1200.sandglass');
  expect(await content.text()).toBe('saved');
  expect(last().message).toBe(`Saved the cluster with 2 pods in ${name} (5 bytes).`);
  await transfers.openCluster(file(name, new Uint8Array(await content.arrayBuffer())));
  expect(last()).toMatchObject({
    state: 'done',
    message: 'Opened the cluster of 2026-03-01 12:00:00 UTC, with 2 pods.',
  });
  expect(node.status).toEqual({ kind: 'running', source: 'checkpoint' });
});

test('a file that is no saved cluster is refused in words, and the machine stays', async () => {
  await node.start('snapshot');
  await transfers.openCluster(file('notes.sandglass', bytes(9)));
  expect(last()).toMatchObject({
    state: 'failed',
    message: 'notes.sandglass was not opened: This file is not a saved cluster.',
  });
  expect(node.status).toEqual({ kind: 'running', source: 'snapshot' });
});

test('a saving that is cancelled saves nothing and stops the sender', async () => {
  let stopped: unknown;
  vi.spyOn(node, 'saveCheckpoint').mockImplementation(async (port) => {
    const { unwanted } = new BytePort(port);
    await new Promise<void>((resolve) => {
      unwanted.addEventListener('abort', () => resolve());
    });
    stopped = unwanted.reason;
    throw unwanted.reason;
  });
  const done = transfers.saveCluster();
  last().cancel();
  await done;
  await vi.waitFor(() => expect(stopped).toMatchObject({ code: 'cancelled' }));
  expect(last().message).toBe('The saving of the cluster was cancelled.');
  expect(saved).toEqual([]);
});

test('a saving that is cancelled while it is put away says so to what does that', async () => {
  let stopped: AbortSignal | undefined;
  const done = transfers.saveClusterWith((_taken, signal) => {
    stopped = signal;
    return new Promise(() => undefined);
  });
  await vi.waitFor(() => expect(stopped?.aborted).toBe(false));
  last().cancel();
  await done;
  expect(stopped?.aborted).toBe(true);
  expect(last().message).toBe('The saving of the cluster was cancelled.');
});
