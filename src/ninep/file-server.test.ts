import { describe, expect, it } from 'vitest';
import { NinepMessage as Message, NinepReader, NinepWriter } from '#abi/ninep.ts';
import { ManualClock } from '#base/clock.ts';
import { FileServer, type FetchContent } from './file-server.ts';
import type { TreeEntry } from './file-tree.ts';

const file = (text: string): TreeEntry => ({
  type: 'file',
  mode: 0o755,
  mtime: 1000,
  bytes: text.length,
  sha256: text,
});
const directory = (entries: Record<string, TreeEntry>): TreeEntry => ({
  type: 'directory',
  mode: 0o755,
  mtime: 1000,
  entries,
});
const tree = directory({
  usr: directory({
    bin: directory({
      runc: file('runc-bytes'),
      link: { type: 'symlink', mode: 0o777, mtime: 0, target: 'runc' },
    }),
  }),
  many: directory(
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`entry-${i}`, file('x')])),
  ),
});
const contentIsDigest: FetchContent = (node) =>
  Promise.resolve(new TextEncoder().encode(node.entry.type === 'file' ? node.entry.sha256 : ''));

const clock = new ManualClock();

/** A 9P client of one request at a time. */
class Client {
  readonly server: FileServer;
  constructor(server: FileServer) {
    this.server = server;
  }

  static async attached(fetchContent = contentIsDigest, maxMessage = 8192): Promise<Client> {
    const client = new Client(new FileServer(tree, fetchContent, clock));
    await client.call(Message.Tversion, (w) => w.u32(maxMessage).string('9P2000.L'));
    await client.call(Message.Tattach, (w) =>
      w.u32(0).u32(0xffffffff).string('root').string('').u32(0),
    );
    return client;
  }

  async call(type: number, body: (writer: NinepWriter) => NinepWriter): Promise<NinepReader> {
    const reply = await this.server.handle(body(new NinepWriter(type, 7)).finish());
    const reader = new NinepReader(reply);
    expect(new DataView(reply.buffer, reply.byteOffset).getUint32(0, true)).toBe(reply.length);
    expect(reader.tag).toBe(7);
    return reader;
  }

  walk(newFid: number, ...names: string[]): Promise<NinepReader> {
    return this.call(Message.Twalk, (w) => {
      w.u32(0).u32(newFid).u16(names.length);
      for (const name of names) w.string(name);
      return w;
    });
  }

  open(fid: number, flags = 0): Promise<NinepReader> {
    return this.call(Message.Tlopen, (w) => w.u32(fid).u32(flags));
  }

  read(fid: number, offset: number, count: number): Promise<NinepReader> {
    return this.call(Message.Tread, (w) => w.u32(fid).u64(offset).u32(count));
  }
}

function expectErrno(reply: NinepReader, errno: number): void {
  expect(reply.type).toBe(Message.Rlerror);
  expect(reply.u32()).toBe(errno);
}

function text(reply: NinepReader): string {
  return new TextDecoder().decode(reply.raw(reply.u32()));
}

describe('the read-only 9P server', () => {
  it('reads a file at an offset', async () => {
    const client = await Client.attached();
    expect((await client.walk(1, 'usr', 'bin', 'runc')).u16()).toBe(3);
    expect((await client.open(1)).type).toBe(Message.Rlopen);
    expect(text(await client.read(1, 2, 4))).toBe('nc-b');
    expect((await client.read(1, 10, 4)).u32()).toBe(0);
  });

  it('fetches nothing before the first read', async () => {
    const fetched: string[] = [];
    const client = await Client.attached((node) => {
      fetched.push(node.path);
      return contentIsDigest(node);
    });
    await client.walk(1, 'usr', 'bin', 'runc');
    await client.open(1);
    expect(fetched).toEqual([]);
    await client.read(1, 0, 4);
    expect(fetched).toEqual(['/usr/bin/runc']);
  });

  it('answers EIO when a file cannot be fetched', async () => {
    const client = await Client.attached(() => Promise.reject(new Error('no network')));
    await client.walk(1, 'usr', 'bin', 'runc');
    await client.open(1);
    expectErrno(await client.read(1, 0, 4), 5);
  });

  it('answers a read that the guest gives up, and tells whoever fetches for it', async () => {
    let given: AbortSignal | undefined;
    const client = await Client.attached((_node, signal) => {
      given = signal;
      return new Promise(() => undefined);
    });
    await client.walk(1, 'usr', 'bin', 'runc');
    await client.open(1);
    const flush = new AbortController();
    const request = new NinepWriter(Message.Tread, 7).u32(1).u64(0).u32(4).finish();
    const reply = client.server.handle(request, flush.signal);
    flush.abort();
    expectErrno(new NinepReader(await reply), 4);
    expect(given?.aborted).toBe(true);
  });

  it('refuses what a killed reader asks for as it dies, and answers who opens the file anew', async () => {
    let silent = true;
    const client = await Client.attached((node) =>
      silent ? new Promise(() => undefined) : contentIsDigest(node),
    );
    for (const fid of [1, 2]) {
      await client.walk(fid, 'usr', 'bin', 'runc');
      await client.open(fid);
    }
    const flush = new AbortController();
    const request = new NinepWriter(Message.Tread, 7).u32(1).u64(0).u32(4).finish();
    const reply = client.server.handle(request, flush.signal);
    flush.abort();
    await reply;
    expectErrno(await client.read(1, 0, 4), 4);
    silent = false;
    expect(text(await client.read(2, 0, 4))).toBe('runc');
    // Whoever shared the open file with the killed one lives on.
    clock.advance(5000);
    expect(text(await client.read(1, 0, 4))).toBe('runc');
  });

  it('never answers with more than the agreed message size', async () => {
    const client = await Client.attached(() => Promise.resolve(new Uint8Array(100_000)), 4096);
    await client.walk(1, 'usr', 'bin', 'runc');
    await client.open(1);
    expect((await client.read(1, 0, 100_000)).u32()).toBe(4096 - 11);
  });

  it('lists a directory over several replies, each entry once', async () => {
    const client = await Client.attached();
    await client.walk(1, 'many');
    await client.open(1);
    const names: string[] = [];
    let offset = 0;
    for (;;) {
      const reply = await client.call(Message.Treaddir, (w) => w.u32(1).u64(offset).u32(300));
      const end = reply.u32() + 11;
      if (end === 11) break;
      while (reply.at < end) {
        reply.qid();
        offset = reply.u64();
        reply.u8();
        names.push(reply.string());
      }
    }
    const expected = ['.', '..', ...Array.from({ length: 100 }, (_, i) => `entry-${i}`)];
    expect(names).toEqual(expected);
  });

  it('tells how far a walk came and makes no fid of it', async () => {
    const client = await Client.attached();
    expect((await client.walk(1, 'usr', 'nothing')).u16()).toBe(1);
    expectErrno(await client.open(1), 9);
    expectErrno(await client.walk(1, 'nothing'), 2);
  });

  it('refuses to write', async () => {
    const client = await Client.attached();
    await client.walk(1, 'usr', 'bin', 'runc');
    expectErrno(await client.open(1, 0o2), 30);
    const tlcreate = 14;
    expectErrno(await client.call(tlcreate, (w) => w.u32(1).string('new')), 30);
  });

  it('rejects with a mistake of ours, which is no answer to hide', async () => {
    const nothing = () => Promise.resolve(undefined as unknown as Uint8Array);
    const client = await Client.attached(nothing);
    await client.walk(5, 'usr', 'bin', 'runc');
    await client.open(5);
    await expect(client.read(5, 0, 4)).rejects.toThrow(TypeError);
  });

  it('answers a truncated request with EPROTO', async () => {
    const client = await Client.attached();
    await client.open(0);
    expectErrno(await client.call(Message.Treaddir, (w) => w.u32(0).u32(0)), 71);
  });

  it('goes on with the fids of a snapshot', async () => {
    const before = await Client.attached();
    await before.walk(5, 'usr', 'bin', 'runc');
    await before.open(5);
    const saved = before.server.save();
    const after = new Client(new FileServer(tree, contentIsDigest, clock));
    after.server.restore(JSON.parse(JSON.stringify(saved)) as typeof saved);
    expect(text(await after.read(5, 0, 4))).toBe('runc');
  });

  it('refuses a snapshot whose files are not in the tree', () => {
    const server = new FileServer(directory({}), contentIsDigest, clock);
    expect(() => {
      server.restore({ maxMessage: 8192, fids: [[1, '/usr/bin/runc', true]] });
    }).toThrow('/usr/bin/runc');
  });
});
