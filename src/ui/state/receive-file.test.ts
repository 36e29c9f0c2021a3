import { beforeEach, describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { type Announced, type FileSink, blobLimit, receiveFile } from './receive-file.ts';

/** A file on the reader's disk. */
class FakeSink implements FileSink {
  readonly parts: Uint8Array[] = [];
  state: 'open' | 'closed' | 'aborted' = 'open';
  write(bytes: Uint8Array) {
    this.parts.push(bytes);
    return Promise.resolve();
  }
  close() {
    this.state = 'closed';
    return Promise.resolve();
  }
  abort() {
    this.state = 'aborted';
    return Promise.resolve();
  }
}

const large: Announced = { name: 'disk.img', bytes: blobLimit + 1 };
const part = new Uint8Array(1 << 20).map((_, at) => at % 251);

let saved: { name: string; content: Blob }[];
let sink: FakeSink;
let source: ByteQueue;
let stop: AbortController;

beforeEach(() => {
  saved = [];
  sink = new FakeSink();
  source = new ByteQueue({ capacity: 64 << 20 });
  stop = new AbortController();
});

function receive(announced: Promise<Announced>, open?: (name: string) => Promise<FileSink>) {
  const save = (name: string, content: Blob) => void saved.push({ name, content });
  return receiveFile({
    source,
    announced,
    files: { save, ...(open && { open }) },
    onBytes: () => undefined,
    signal: stop.signal,
  });
}

function send(parts: number): void {
  for (let sent = 0; sent < parts; sent++) source.push(part);
}

describe('a file that a page receives', () => {
  it('is handed over as a whole where it is small, although its size comes late', async () => {
    const announced = new Deferred<Announced>();
    const receiving = receive(announced.promise, () => Promise.resolve(sink));
    send(20);
    source.end();
    announced.resolve({ name: 'log', bytes: 0 });
    expect(await receiving).toBe(20 << 20);
    expect(saved[0]).toMatchObject({ name: 'log' });
    const content = new Uint8Array((await saved[0]?.content.arrayBuffer()) ?? new ArrayBuffer());
    expect(Buffer.compare(content.subarray(19 << 20), part)).toBe(0);
    expect(sink.parts).toEqual([]);
  });

  it('is written to disk as it comes where it is large, in order and from its first byte', async () => {
    const names: string[] = [];
    const receiving = receive(Promise.resolve(large), (name) => {
      names.push(name);
      return Promise.resolve(sink);
    });
    send(30);
    source.end();
    expect(await receiving).toBe(30 << 20);
    expect([sink.state, names, saved]).toEqual(['closed', ['disk.img'], []]);
    expect(Buffer.compare(Buffer.concat(sink.parts), Buffer.alloc(30 << 20, part))).toBe(0);
  });

  it('is refused in words where it is large and the browser has no place for it', async () => {
    const receiving = receive(Promise.resolve(large));
    send(10);
    await expect(receiving).rejects.toMatchObject({
      code: 'resource-exhausted',
      message: expect.stringMatching(
        /^The file has 1\.0 GB, and this browser takes no more than 1\.0 GB/,
      ) as string,
    });
    expect(saved).toEqual([]);
  });

  it('leaves nothing on the disk where it breaks off or is given up', async () => {
    const broken = receive(Promise.resolve(large), () => Promise.resolve(sink));
    send(9);
    source.fail(new SandglassError('unavailable', 'The machine is gone.'));
    await expect(broken).rejects.toThrow('The machine is gone.');
    expect(sink.state).toBe('aborted');

    sink = new FakeSink();
    source = new ByteQueue({ capacity: 64 << 20 });
    const chosen = new Deferred<FileSink>();
    const cancelled = receive(Promise.resolve(large), () => chosen.promise);
    send(9);
    stop.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    // The reader was still choosing.
    chosen.resolve(sink);
    await expect.poll(() => sink.state).toBe('aborted');
    expect(saved).toEqual([]);
  });

  it('does not begin where the reader chooses no place', async () => {
    const refused = new SandglassError('cancelled', 'No place was chosen.');
    const receiving = receive(Promise.resolve(large), () => Promise.reject(refused));
    send(9);
    await expect(receiving).rejects.toBe(refused);
  });
});
