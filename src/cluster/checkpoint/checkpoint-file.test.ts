import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { type ByteSource, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { gunzip, gzip } from '#base/gzip.ts';
import { readTar } from '#base/tar/reader.ts';
import { writeTar } from '#base/tar/writer.ts';
import type { StoredObject } from '#apiserver/storage/stored-object.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.ts';

const build = { manifest: 'a'.repeat(64), emulator: 'v86 1' };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'wéb',
    namespace: 'default',
    uid: '1',
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
} as StoredObject;

/** Bytes that gzip cannot shrink, over several of the writer's pieces. */
const state = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 2_654_435_761) >>> 13);
const checkpoint: Checkpoint = {
  build,
  node: { name: 'node-1', memoryBytes: 256 << 20 },
  savedAt: 1_767_312_000_000,
  store: { revision: 7, collections: { pods: [{ key: 'default/wéb', object: pod }] } },
  machine: state,
};

const written = async () => readAllBytes(await encodeCheckpoint(checkpoint));

function source(bytes: Uint8Array, chunk = bytes.length): ByteSource {
  const queue = new ByteQueue({ capacity: bytes.length });
  for (let at = 0; at < bytes.length; at += chunk) queue.push(bytes.slice(at, at + chunk));
  queue.end();
  return queue;
}

const decode = (bytes: Uint8Array, ours = build) => decodeCheckpoint(source(bytes), ours);

async function archive(members: Record<string, Uint8Array | string>): Promise<Uint8Array> {
  const tar = writeTar(Object.entries(members).map(([path, data]) => ({ path, data })));
  return readAllBytes(gzip(source(tar)));
}

async function membersOf(bytes: Uint8Array): Promise<Record<string, Uint8Array>> {
  const members: Record<string, Uint8Array> = {};
  for await (const { path, contents } of readTar(gunzip(source(bytes)))) {
    members[path] = await readAllBytes(contents);
  }
  return members;
}

describe('a checkpoint’s file', () => {
  it('brings back what was saved, whatever the chunks are', async () => {
    const bytes = await written();
    const { machine, ...rest } = await decodeCheckpoint(source(bytes, 9999), build);
    const { machine: saved, ...restSaved } = checkpoint;
    expect(rest).toEqual(restSaved);
    expect(Buffer.compare(machine, saved)).toBe(0);
  });

  it('is an archive that any tar reads, what it is first', async () => {
    const members = await membersOf(await written());
    expect(Object.keys(members)).toEqual(['checkpoint.json', 'api-store.json', 'machine']);
    expect(JSON.parse(new TextDecoder().decode(members['checkpoint.json']))).toMatchObject({
      format: 'sandglass-checkpoint',
      version: 1,
      build,
    });
  });

  it.each([
    ['of other images', { ...build, manifest: 'b'.repeat(64) }],
    ['of another emulator', { ...build, emulator: 'v86 2' }],
  ])('%s is refused', async (_what, ours) => {
    await expect(decode(await written(), ours)).rejects.toMatchObject({
      code: 'failed-precondition',
      message: expect.stringMatching(/another build/) as string,
    });
  });

  it('of another version of the format is refused', async () => {
    const header = JSON.stringify({ format: 'sandglass-checkpoint', version: 2 });
    await expect(decode(await archive({ 'checkpoint.json': header }))).rejects.toMatchObject({
      code: 'failed-precondition',
      message: expect.stringMatching(/version 2 /) as string,
    });
  });

  it.each([
    ['nothing', () => new Uint8Array(0)],
    ['a text', () => new TextEncoder().encode('apiVersion: v1\n')],
    ['another archive', () => archive({ 'etc/passwd': 'root' })],
    ['another archive’s header', () => archive({ 'checkpoint.json': '{"format":"zip"}' })],
  ])('that is %s is told from one', async (_what, bytes) => {
    await expect(decode(await bytes())).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'This file is not a saved cluster.',
    });
  });

  it('that is damaged anywhere is refused', async () => {
    const bytes = await written();
    const places = Array.from({ length: 24 }, (_, i) => Math.floor((bytes.length * (i + 1)) / 25));
    for (const at of [...places, bytes.length - 1]) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      await expect(decode(damaged), `at ${at}`).rejects.toMatchObject({
        code: 'data-loss',
        message: 'The saved cluster is damaged or cut short.',
      });
    }
  });

  it('that is cut short anywhere is refused', async () => {
    const bytes = await written();
    for (const length of [30, 1000, bytes.length / 2, bytes.length - 9, bytes.length - 1]) {
      const short = bytes.slice(0, Math.floor(length));
      await expect(decode(short), `${length}`).rejects.toMatchObject({ code: 'data-loss' });
    }
  });

  it.each([
    ['has another part than its header says', { 'api-store.json': '{"revision":1}' }],
    ['has a part more', { more: 'x' }],
  ])('that %s is refused', async (_what, changed) => {
    const members = await membersOf(await written());
    const bytes = await archive({ ...members, ...(changed as Record<string, string>) });
    await expect(decode(bytes)).rejects.toMatchObject({ code: 'data-loss' });
  });

  it('whose source fails is refused with the source’s own words', async () => {
    const bytes = await written();
    const queue = new ByteQueue({ capacity: bytes.length });
    queue.push(bytes.slice(0, 5000));
    queue.fail(new SandglassError('data-loss', 'web.sandglass could not be read.'));
    await expect(decodeCheckpoint(queue, build)).rejects.toThrow(
      'web.sandglass could not be read.',
    );
  });
});
