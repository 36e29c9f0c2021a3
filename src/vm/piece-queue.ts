import type { SandglassError } from '#base/errors.ts';

interface Send {
  bytes: Uint8Array;
  taken: number;
  resolve: () => void;
  reject: (error: SandglassError) => void;
}

/** Bytes waiting to be sent, cut and packed into pieces of a fixed longest size. */
export class PieceQueue {
  readonly #longestPiece: number;
  readonly #sends: Send[] = [];
  #length = 0;

  constructor(longestPiece: number) {
    this.#longestPiece = longestPiece;
  }

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Resolves when the last byte has been taken. */
  add(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    return new Promise((resolve, reject) => {
      this.#sends.push({ bytes, taken: 0, resolve, reject });
    });
  }

  /**
   * The next piece: as much of one send as fits, or several small sends packed together. A view of
   * the sender's bytes where one send fills it; the taker copies.
   */
  take(): Uint8Array {
    const wanted = Math.min(this.#length, this.#longestPiece);
    const first = this.#sends[0];
    if (first && first.bytes.length - first.taken >= wanted) return this.#takeFrom(first, wanted);
    const piece = new Uint8Array(wanted);
    for (let filled = 0; filled < wanted;) {
      const send = this.#sends[0];
      if (!send) break;
      const part = this.#takeFrom(send, Math.min(wanted - filled, send.bytes.length - send.taken));
      piece.set(part, filled);
      filled += part.length;
    }
    return piece;
  }

  /** Rejects everything that waits. */
  fail(error: SandglassError): void {
    this.#length = 0;
    for (const send of this.#sends.splice(0)) send.reject(error);
  }

  #takeFrom(send: Send, count: number): Uint8Array {
    const part = send.bytes.subarray(send.taken, send.taken + count);
    send.taken += count;
    this.#length -= count;
    if (send.taken === send.bytes.length) {
      this.#sends.shift();
      send.resolve();
    }
    return part;
  }
}
