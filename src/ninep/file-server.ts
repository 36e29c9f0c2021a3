import { errno } from '#abi/errno.ts';
import {
  NinepMessage,
  NinepReader,
  NinepWriter,
  errorReply,
  headerBytes,
  maxWalkNames,
  qidBytes,
} from '#abi/ninep.ts';
import type { Clock } from '#base/clock.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { type Fid, FidTable, type SavedFid } from './fid-table.ts';
import {
  type TreeEntry,
  type TreeNode,
  direntTypeOf,
  indexTree,
  modeOf,
  sizeOf,
} from './file-tree.ts';
import { Refusal } from './refusal.ts';

const protocolVersion = '9P2000.L';
/** Rread and Rreaddir: size, type, tag and a 32-bit count come before the data. */
const dataHeaderBytes = headerBytes + 4;
/** open(2) flags that would write: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC. */
const writingFlags = 0o1 | 0o2 | 0o100 | 0o1000;
/** Bits of Tgetattr's mask that we answer: all the basic ones (P9_STATS_BASIC). */
const basicAttributes = 0x7ff;
/** statfs(2) f_type of 9P (V9FS_MAGIC). */
const filesystemMagic = 0x01021997;
const blockSize = 4096;

/**
 * Milliseconds in which a reader that was killed may ask again as it dies. Linux gives up a read only
 * for a killed process (net/9p/client.c, p9_client_rpc), which then asks for the page that its
 * readahead did not bring (mm/filemap.c), and that wait no signal ends any more.
 */
const dyingTime = 5_000;

/** Whole file contents, verified by whoever provides them. The signal fires when the read is given up. */
export type FetchContent = (node: TreeNode, signal?: AbortSignal) => Promise<Uint8Array>;

/** A read-only 9P2000.L server over a described tree whose contents are fetched when first read. */
export class FileServer {
  readonly #root: TreeNode;
  readonly #fetchContent: FetchContent;
  readonly #clock: Clock;
  readonly #fids: FidTable;
  #maxMessage = 8192;

  constructor(tree: TreeEntry, fetchContent: FetchContent, clock: Clock) {
    this.#root = indexTree(tree);
    this.#fids = new FidTable(this.#root);
    this.#fetchContent = fetchContent;
    this.#clock = clock;
  }

  /**
   * Answers one raw request, at the latest when the signal fires: the guest has given it up. Rejects with what is a
   * mistake of ours; whoever has the device answers EIO and reports it.
   */
  async handle(request: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const reader = new NinepReader(request);
    try {
      return await this.#dispatch(reader, signal);
    } catch (error) {
      if (error instanceof Refusal) return errorReply(reader.tag, error.errno);
      if (error instanceof RangeError) return errorReply(reader.tag, errno.EPROTO);
      throw error;
    }
  }

  /** The fid table and message size, for a snapshot. */
  save(): { maxMessage: number; fids: SavedFid[] } {
    return { maxMessage: this.#maxMessage, fids: this.#fids.save() };
  }

  /** Takes up the table of a snapshot. Throws `data-loss` if the tree lacks one of its paths. */
  restore({ maxMessage, fids }: { maxMessage: number; fids: SavedFid[] }): void {
    this.#maxMessage = maxMessage;
    this.#fids.restore(fids);
  }

  async #dispatch(reader: NinepReader, signal?: AbortSignal): Promise<Uint8Array> {
    switch (reader.type) {
      case NinepMessage.Tversion:
        return this.#version(reader);
      case NinepMessage.Tattach:
        return this.#attach(reader);
      case NinepMessage.Twalk:
        return this.#walk(reader);
      case NinepMessage.Tgetattr:
        return this.#getattr(reader);
      case NinepMessage.Tlopen:
        return this.#open(reader);
      case NinepMessage.Tread:
        return this.#read(reader, signal);
      case NinepMessage.Treaddir:
        return this.#readdir(reader);
      case NinepMessage.Treadlink:
        return this.#readlink(reader);
      case NinepMessage.Tstatfs:
        return this.#statfs(reader);
      case NinepMessage.Tclunk:
        this.#fids.delete(reader.u32());
        return new NinepWriter(NinepMessage.Rclunk, reader.tag).finish();
      case NinepMessage.Tflush:
        return new NinepWriter(NinepMessage.Rflush, reader.tag).finish();
      case NinepMessage.Txattrwalk:
        throw new Refusal(errno.EOPNOTSUPP);
      default:
        // Whatever is left of 9P2000.L writes.
        throw new Refusal(errno.EROFS);
    }
  }

  #version(reader: NinepReader): Uint8Array {
    const offered = reader.u32();
    const version = reader.string();
    this.#fids.clear();
    this.#maxMessage = offered;
    const agreed = version === protocolVersion ? protocolVersion : 'unknown';
    return new NinepWriter(NinepMessage.Rversion, reader.tag).u32(offered).string(agreed).finish();
  }

  #attach(reader: NinepReader): Uint8Array {
    this.#fids.set(reader.u32(), this.#root);
    return new NinepWriter(NinepMessage.Rattach, reader.tag).qid(this.#root.qid).finish();
  }

  #walk(reader: NinepReader): Uint8Array {
    const start = this.#fids.get(reader.u32()).node;
    const newFid = reader.u32();
    const count = reader.u16();
    if (count > maxWalkNames) throw new Refusal(errno.EINVAL);
    const visited: TreeNode[] = [];
    let node = start;
    for (let i = 0; i < count; i++) {
      const name = reader.string();
      const next = name === '..' ? node.parent : node.children.get(name);
      if (!next) break;
      node = next;
      visited.push(next);
    }
    if (count > 0 && visited.length === 0) {
      throw new Refusal(start.entry.type === 'directory' ? errno.ENOENT : errno.ENOTDIR);
    }
    // A walk that stops half way tells how far it came and makes no fid (walk(5)).
    if (visited.length === count) this.#fids.set(newFid, node);
    const reply = new NinepWriter(NinepMessage.Rwalk, reader.tag).u16(visited.length);
    for (const { qid } of visited) reply.qid(qid);
    return reply.finish();
  }

  #getattr(reader: NinepReader): Uint8Array {
    const { node } = this.#fids.get(reader.u32());
    const size = sizeOf(node);
    const links = node.entry.type === 'directory' ? 2 : 1;
    const reply = new NinepWriter(NinepMessage.Rgetattr, reader.tag)
      .u64(basicAttributes)
      .qid(node.qid)
      .u32(modeOf(node))
      .u32(0) // uid
      .u32(0) // gid
      .u64(links)
      .u64(0) // rdev
      .u64(size)
      .u64(blockSize)
      .u64(Math.ceil(size / 512));
    // atime, mtime, ctime and btime, each seconds and nanoseconds.
    for (let i = 0; i < 4; i++) reply.u64(node.entry.mtime).u64(0);
    return reply.u64(0).u64(0).finish(); // generation, data version
  }

  #open(reader: NinepReader): Uint8Array {
    const fid = this.#fids.get(reader.u32());
    if (reader.u32() & writingFlags) throw new Refusal(errno.EROFS);
    fid.opened = true;
    // iounit 0: the client uses its message size.
    return new NinepWriter(NinepMessage.Rlopen, reader.tag).qid(fid.node.qid).u32(0).finish();
  }

  async #read(reader: NinepReader, signal?: AbortSignal): Promise<Uint8Array> {
    const fid = this.#fids.get(reader.u32());
    if (!fid.opened) throw new Refusal(errno.EBADF);
    if (fid.node.entry.type === 'directory') throw new Refusal(errno.EISDIR);
    const offset = reader.u64();
    const count = Math.min(reader.u32(), this.#maxMessage - dataHeaderBytes);
    const content = await this.#content(fid, signal);
    const data = content.subarray(offset, offset + count);
    return new NinepWriter(NinepMessage.Rread, reader.tag, dataHeaderBytes + data.length)
      .u32(data.length)
      .raw(data)
      .finish();
  }

  async #content(fid: Fid, signal?: AbortSignal): Promise<Uint8Array> {
    const { givenUpAt = -Infinity } = fid;
    if (this.#clock.now() - givenUpAt < dyingTime) throw new Refusal(errno.EINTR);
    try {
      return await untilAborted(this.#fetchContent(fid.node, signal), signal);
    } catch {
      // Whoever fetches tells the reader why.
      if (!signal?.aborted) throw new Refusal(errno.EIO);
      fid.givenUpAt = this.#clock.now();
      throw new Refusal(errno.EINTR);
    }
  }

  #readdir(reader: NinepReader): Uint8Array {
    const { node, opened } = this.#fids.get(reader.u32());
    if (!opened) throw new Refusal(errno.EBADF);
    if (node.entry.type !== 'directory') throw new Refusal(errno.ENOTDIR);
    const offset = reader.u64();
    const count = Math.min(reader.u32(), this.#maxMessage - dataHeaderBytes);
    const entries: [string, TreeNode][] = [['.', node], ['..', node.parent], ...node.children];
    const data = new NinepWriter(0, 0, count);
    const limit = headerBytes + count;
    for (let index = offset; index < entries.length; index++) {
      const [name, child] = entries[index] as [string, TreeNode];
      // qid[13] offset[8] type[1] name[s]; the offset is where to go on, so the next index.
      const size = qidBytes + 8 + 1 + 2 + new TextEncoder().encode(name).length;
      if (data.length + size > limit) break;
      data
        .qid(child.qid)
        .u64(index + 1)
        .u8(direntTypeOf(child))
        .string(name);
    }
    const bytes = data.finish().subarray(headerBytes);
    return new NinepWriter(NinepMessage.Rreaddir, reader.tag, dataHeaderBytes + bytes.length)
      .u32(bytes.length)
      .raw(bytes)
      .finish();
  }

  #readlink(reader: NinepReader): Uint8Array {
    const { node } = this.#fids.get(reader.u32());
    if (node.entry.type !== 'symlink') throw new Refusal(errno.EINVAL);
    return new NinepWriter(NinepMessage.Rreadlink, reader.tag).string(node.entry.target).finish();
  }

  #statfs(reader: NinepReader): Uint8Array {
    this.#fids.get(reader.u32());
    const reply = new NinepWriter(NinepMessage.Rstatfs, reader.tag)
      .u32(filesystemMagic)
      .u32(blockSize);
    // blocks, bfree, bavail, files, ffree, fsid: a read-only tree has no room.
    for (let i = 0; i < 6; i++) reply.u64(0);
    return reply.u32(255).finish();
  }
}
