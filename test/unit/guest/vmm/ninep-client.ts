import { type ErrnoName, errnoName } from '#abi/errno.ts';
import { NinepReader, NinepWriter } from '#abi/ninep.ts';

/** Requests of Linux's include/net/9p/9p.h; a reply has the number after its request's. */
export const T = {
  statfs: 8,
  lopen: 12,
  lcreate: 14,
  symlink: 16,
  mknod: 18,
  rename: 20,
  readlink: 22,
  getattr: 24,
  setattr: 26,
  xattrwalk: 30,
  xattrcreate: 32,
  readdir: 40,
  fsync: 50,
  lock: 52,
  getlock: 54,
  link: 70,
  mkdir: 72,
  renameat: 74,
  unlinkat: 76,
  version: 100,
  auth: 102,
  attach: 104,
  flush: 108,
  walk: 110,
  read: 116,
  write: 118,
  clunk: 120,
  remove: 122,
} as const;
export const Rlerror = 7;
const noTag = 0xffff;
const noFid = 0xffffffff;

export class NinepFailure extends Error {
  readonly errno: ErrnoName | undefined;

  constructor(number: number) {
    super(errnoName(number));
    this.errno = errnoName(number) as ErrnoName;
  }
}

export interface Attributes {
  qid: string;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  size: number;
  mtime: number;
}

export interface DirectoryEntry {
  name: string;
  qid: string;
  offset: bigint;
  type: number;
}

type Body = (writer: NinepWriter) => NinepWriter;

/** A 9P2000.L client, as Linux' is, for one server. */
export class NinepClient {
  readonly #send: (message: Uint8Array) => void;
  readonly #waiting = new Map<number, (reply: NinepReader) => void>();
  #lastTag = 0;
  #lastFid = 0;

  constructor(send: (message: Uint8Array) => void) {
    this.#send = send;
  }

  /** A reply has come. False if nobody waits for it. */
  take(message: Uint8Array): boolean {
    const reply = new NinepReader(message);
    const resolve = this.#waiting.get(reply.tag);
    this.#waiting.delete(reply.tag);
    resolve?.(reply);
    return resolve !== undefined;
  }

  newTag(): number {
    do this.#lastTag = (this.#lastTag + 1) % noTag;
    while (this.#waiting.has(this.#lastTag));
    return this.#lastTag;
  }

  newFid(): number {
    return ++this.#lastFid;
  }

  /** Sends what is there, well-formed or not; the reply to that tag. */
  raw(message: Uint8Array, tag: number): Promise<NinepReader> {
    return new Promise((resolve) => {
      this.#waiting.set(tag, resolve);
      this.#send(message);
    });
  }

  async call(type: number, body: Body, tag = this.newTag()): Promise<NinepReader> {
    const reply = await this.raw(body(new NinepWriter(type, tag)).finish(), tag);
    if (reply.type === Rlerror) throw new NinepFailure(reply.u32());
    if (reply.type !== type + 1) throw new Error(`${type} was answered with ${reply.type}`);
    return reply;
  }

  /** The message size and the dialect that the server chose. */
  async version(size: number, dialect = '9P2000.L'): Promise<[number, string]> {
    const reply = await this.call(T.version, (w) => w.u32(size).string(dialect), noTag);
    return [reply.u32(), reply.string()];
  }

  /** What is served. */
  async attachTop(user = 0): Promise<number> {
    const fid = this.newFid();
    await this.call(T.attach, (w) => w.u32(fid).u32(noFid).string('').string('').u32(user));
    return fid;
  }

  /** The volume in it (vmm-test.ts). */
  async attach(user = 0): Promise<number> {
    const fid = await this.attachTop(user);
    await this.call(T.walk, (w) => w.u32(fid).u32(fid).u16(1).string('volume'));
    return fid;
  }

  /** A new fid, that many of the names on. */
  async walk(from: number, ...names: string[]): Promise<number> {
    const fid = this.newFid();
    const reply = await this.call(T.walk, (w) => {
      w.u32(from).u32(fid).u16(names.length);
      for (const name of names) w.string(name);
      return w;
    });
    if (reply.u16() !== names.length) throw new NinepFailure(2);
    return fid;
  }

  async open(fid: number, flags = 0): Promise<number> {
    await this.call(T.lopen, (w) => w.u32(fid).u32(flags));
    return fid;
  }

  async create(
    directory: number,
    name: string,
    { flags = 2, mode = 0o644, gid = 0 } = {},
  ): Promise<number> {
    const fid = await this.walk(directory);
    await this.call(T.lcreate, (w) => w.u32(fid).string(name).u32(flags).u32(mode).u32(gid));
    return fid;
  }

  async read(fid: number, offset: number, count: number): Promise<Uint8Array> {
    const reply = await this.call(T.read, (w) => w.u32(fid).u64(offset).u32(count));
    return reply.raw(reply.u32()).slice();
  }

  async readText(fid: number): Promise<string> {
    return new TextDecoder().decode(await this.read(fid, 0, 65536));
  }

  async write(fid: number, offset: number, data: string | Uint8Array): Promise<number> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const body: Body = (w) => w.u32(fid).u64(offset).u32(bytes.length).raw(bytes);
    return (await this.call(T.write, body)).u32();
  }

  async clunk(fid: number): Promise<void> {
    await this.call(T.clunk, (w) => w.u32(fid));
  }

  async getattr(fid: number): Promise<Attributes> {
    const r = await this.call(T.getattr, (w) => w.u32(fid).u64(0x7ff));
    r.u64();
    const qid = readQid(r);
    const [mode, uid, gid] = [r.u32(), r.u32(), r.u32()];
    const nlink = r.u64();
    r.u64();
    const size = r.u64();
    r.raw(32);
    return { qid, mode, uid, gid, nlink, size, mtime: r.u64() };
  }

  async setattr(fid: number, valid: number, values: Partial<Attributes> = {}): Promise<void> {
    const { mode = 0, uid = 0, gid = 0, size = 0, mtime = 0 } = values;
    await this.call(T.setattr, (w) =>
      w
        .u32(fid)
        .u32(valid)
        .u32(mode)
        .u32(uid)
        .u32(gid)
        .u64(size)
        .u64(mtime)
        .u64(0)
        .u64(mtime)
        .u64(0),
    );
  }

  /** One reply's entries. */
  async readdir(fid: number, offset: bigint, count: number): Promise<DirectoryEntry[]> {
    const low = Number(offset & 0xffffffffn);
    const high = Number(offset >> 32n);
    const r = await this.call(T.readdir, (w) => w.u32(fid).u32(low).u32(high).u32(count));
    const size = r.u32();
    if (size > count) throw new Error(`${size} bytes of entries where ${count} were asked for`);
    const end = size + r.at;
    const entries: DirectoryEntry[] = [];
    while (r.at < end) {
      const qid = readQid(r);
      const next = BigInt(r.u32()) | (BigInt(r.u32()) << 32n);
      entries.push({ qid, offset: next, type: r.u8(), name: r.string() });
    }
    return entries;
  }

  /** The lock's status: 0 got, 1 blocked. */
  async lock(
    fid: number,
    type: number,
    { wait = false, start = 0, length = 0, tag = this.newTag() } = {},
  ): Promise<number> {
    const body: Body = (w) =>
      w
        .u32(fid)
        .u8(type)
        .u32(wait ? 1 : 0)
        .u64(start)
        .u64(length)
        .u32(1)
        .string('vm');
    return (await this.call(T.lock, body, tag)).u8();
  }

  async getxattr(fid: number, name: string): Promise<string> {
    const value = this.newFid();
    const reply = await this.call(T.xattrwalk, (w) => w.u32(fid).u32(value).string(name));
    const bytes = await this.read(value, 0, reply.u64());
    await this.clunk(value);
    return new TextDecoder().decode(bytes);
  }

  async setxattr(fid: number, name: string, value: string, flags = 0): Promise<void> {
    const to = await this.walk(fid);
    const size = new TextEncoder().encode(value).length;
    await this.call(T.xattrcreate, (w) => w.u32(to).string(name).u64(size).u32(flags));
    if (size > 0) await this.write(to, 0, value);
    await this.clunk(to);
  }
}

/** As text: a path may have all 64 bits. */
function readQid(r: NinepReader): string {
  const [type, , low, high] = [r.u8(), r.u32(), r.u32(), r.u32()];
  return `${type}:${high.toString(16)}:${low.toString(16)}`;
}
