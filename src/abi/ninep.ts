/**
 * 9P2000.L on the wire. Message numbers from Linux's include/net/9p/9p.h, layouts from
 * https://github.com/chaos/diod/blob/master/protocol.md. All integers are little-endian; a string
 * is a 16-bit byte count and UTF-8.
 */
export const NinepMessage = {
  Rlerror: 7,
  Tstatfs: 8,
  Rstatfs: 9,
  Tlopen: 12,
  Rlopen: 13,
  Tlcreate: 14,
  Rlcreate: 15,
  Tsymlink: 16,
  Rsymlink: 17,
  Tmknod: 18,
  Rmknod: 19,
  Trename: 20,
  Rrename: 21,
  Treadlink: 22,
  Rreadlink: 23,
  Tgetattr: 24,
  Rgetattr: 25,
  Tsetattr: 26,
  Rsetattr: 27,
  Txattrwalk: 30,
  Rxattrwalk: 31,
  Txattrcreate: 32,
  Rxattrcreate: 33,
  Treaddir: 40,
  Rreaddir: 41,
  Tfsync: 50,
  Rfsync: 51,
  Tlock: 52,
  Rlock: 53,
  Tgetlock: 54,
  Rgetlock: 55,
  Tlink: 70,
  Rlink: 71,
  Tmkdir: 72,
  Rmkdir: 73,
  Trenameat: 74,
  Rrenameat: 75,
  Tunlinkat: 76,
  Runlinkat: 77,
  Tversion: 100,
  Rversion: 101,
  Tauth: 102,
  Rauth: 103,
  Tattach: 104,
  Rattach: 105,
  Tflush: 108,
  Rflush: 109,
  Twalk: 110,
  Rwalk: 111,
  Tread: 116,
  Rread: 117,
  Twrite: 118,
  Rwrite: 119,
  Tclunk: 120,
  Rclunk: 121,
  Tremove: 122,
  Rremove: 123,
} as const;

/** Bytes before a message's body: size[4] type[1] tag[2]. */
export const headerBytes = 7;
/** Bytes of a qid: type[1] version[4] path[8]. */
export const qidBytes = 13;
/** Most names that one Twalk may hold (P9_MAXWELEM). */
export const maxWalkNames = 16;

/** The type byte of a qid. */
export const QidType = { directory: 0x80, symlink: 0x02, file: 0x00 } as const;

/** st_mode's file type bits, as in inode(7). */
export const FileType = { directory: 0o040000, regular: 0o100000, symlink: 0o120000 } as const;

/** d_type values of readdir(3). */
export const DirentType = { directory: 4, regular: 8, symlink: 10 } as const;

export interface Qid {
  type: number;
  version: number;
  /** Unique per file of the server; an inode number. */
  path: number;
}

/** Reads the fields of one message in order. Reading past its end throws a RangeError. */
export class NinepReader {
  readonly type: number;
  readonly tag: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = headerBytes;

  constructor(message: Uint8Array) {
    this.#bytes = message;
    this.#view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    this.type = this.#view.getUint8(4);
    this.tag = this.#view.getUint16(5, true);
  }

  /** Bytes read so far, the header included. */
  get at(): number {
    return this.#at;
  }

  u8(): number {
    const value = this.#view.getUint8(this.#at);
    this.#at += 1;
    return value;
  }

  u16(): number {
    const value = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    return value;
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  /** As a number: exact up to 2^53 - 1, which no offset or inode of ours passes. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  string(): string {
    return new TextDecoder().decode(this.raw(this.u16()));
  }

  qid(): Qid {
    return { type: this.u8(), version: this.u32(), path: this.u64() };
  }

  /** A view of the next `length` bytes. */
  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('A 9P field runs past its message.');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}

/** Builds one message; the buffer grows as needed, `finish` sets its size. */
export class NinepWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = headerBytes;

  constructor(type: number, tag: number, capacity = 256) {
    this.#bytes = new Uint8Array(Math.max(capacity, headerBytes));
    this.#view = new DataView(this.#bytes.buffer);
    this.#view.setUint8(4, type);
    this.#view.setUint16(5, tag, true);
  }

  /** Bytes written so far, the header included. */
  get length(): number {
    return this.#at;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    this.#reserve(8);
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
    return this;
  }

  string(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u16(bytes.length).raw(bytes);
  }

  qid(qid: Qid): this {
    return this.u8(qid.type).u32(qid.version).u64(qid.path);
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  finish(): Uint8Array {
    this.#view.setUint32(0, this.#at, true);
    return this.#bytes.subarray(0, this.#at);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Rlerror: the request failed with this errno. */
export function errorReply(tag: number, errno: number): Uint8Array {
  return new NinepWriter(NinepMessage.Rlerror, tag).u32(errno).finish();
}
