import { NinepMessage, NinepWriter, headerBytes } from '#abi/ninep.ts';
import type { Clock } from '#base/clock.ts';

/** Milliseconds: attributes that are older are asked for anew, as the node may have changed them. */
const freshFor = 10;
/** P9_GETATTR_ALL */
const allAttributes = 0x3fff;
const rlerror = NinepMessage.Rlerror;
const { Tstatfs, Treadlink, Tgetattr, Txattrwalk, Treaddir, Twalk, Tread, Tclunk } = NinepMessage;
/** Tfsync, Tlock, Tgetlock */
const others = [50, 52, 54];
/** Requests after which files are as they were. */
const harmless = new Set<number>([
  ...[Tstatfs, Treadlink, Tgetattr, Txattrwalk, Treaddir, Twalk, Tread, Tclunk],
  ...others,
]);

interface Known {
  reply: Promise<Uint8Array>;
  since: number;
}

/**
 * The attributes of files that a machine has just walked to: with a Twalk goes the Tgetattr that Linux sends next
 * (fs/9p/vfs_inode_dotl.c, v9fs_inode_from_fid_dotl), and is answered from what that brought: once, at once, and only if
 * nothing was changed in between.
 */
export class AttributesAhead {
  readonly #clock: Clock;
  /** By fid, the oldest first. */
  readonly #known = new Map<number, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a Tgetattr is answered with; resolves with undefined if the server would not say. Undefined if not known. */
  answer(request: Uint8Array): Promise<Uint8Array | undefined> | undefined {
    const view = viewOf(request);
    const type = request[4] ?? 0;
    if (!harmless.has(type)) this.#known.clear();
    if ((type !== Tgetattr && type !== Tclunk) || request.length < headerBytes + 4)
      return undefined;
    const fid = view.getUint32(headerBytes, true);
    const known = this.#known.get(fid);
    this.#known.delete(fid);
    if (type === Tclunk || !known || this.#isOld(known)) return undefined;
    return known.reply.then((reply) =>
      reply[4] === rlerror ? undefined : withTag(reply, view.getUint16(5, true)),
    );
  }

  /** The request to send with a walk; `take` is to be given the reply. */
  question(
    request: Uint8Array,
    newTag: () => number,
  ): { question: Uint8Array | undefined; take: (reply: Promise<Uint8Array>) => void } {
    const fid = walkedFid(request);
    if (fid === undefined) return { question: undefined, take: () => undefined };
    this.#forgetOld();
    return {
      question: new NinepWriter(Tgetattr, newTag(), 19).u32(fid).u64(allAttributes).finish(),
      take: (reply) => {
        this.#known.delete(fid);
        this.#known.set(fid, { reply, since: this.#clock.now() });
      },
    };
  }

  #isOld({ since }: Known): boolean {
    return this.#clock.now() - since > freshFor;
  }

  #forgetOld(): void {
    for (const [fid, known] of this.#known) {
      if (!this.#isOld(known)) return;
      this.#known.delete(fid);
    }
  }
}

/** The new fid of a walk that goes somewhere: fid[4] newfid[4] nwname[2]. */
function walkedFid(request: Uint8Array): number | undefined {
  const view = viewOf(request);
  if (request[4] !== Twalk || request.length < headerBytes + 10) return undefined;
  return view.getUint16(headerBytes + 8, true) > 0
    ? view.getUint32(headerBytes + 4, true)
    : undefined;
}

function withTag(reply: Uint8Array, tag: number): Uint8Array {
  const copy = reply.slice();
  viewOf(copy).setUint16(5, tag, true);
  return copy;
}

function viewOf(message: Uint8Array): DataView {
  return new DataView(message.buffer, message.byteOffset, message.byteLength);
}
