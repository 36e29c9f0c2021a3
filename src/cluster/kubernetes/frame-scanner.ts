import { concatBytes } from '#base/byte-stream.ts';
import { applyMask, opcodes } from '#kube/streaming/websocket/frame.ts';

/** What a frame begins with. */
interface Header {
  /** Bytes that it takes itself. */
  size: number;
  /** Bytes that follow it. */
  length: number;
  name: string;
  mask?: Uint8Array;
}

/** Reads a header from the beginning of the bytes; undefined if more are needed. */
export type ReadHeader = (bytes: Uint8Array) => Header | undefined;

export interface ScannedFrame {
  name: string;
  /** Bytes of its content. */
  length: number;
  /** What the content begins with. */
  beginning: Uint8Array;
}

/** Bytes of a frame's content that are kept. */
const kept = 256;

/** Finds the frames in one direction of a connection that is others'. */
export class FrameScanner {
  readonly #readHeader: ReadHeader;
  readonly #onFrame: (frame: ScannedFrame) => void;
  /** Of a header that has not come whole. */
  #begun: Uint8Array = new Uint8Array(0);
  #current: { header: Header; taken: number; beginning: Uint8Array } | undefined;

  constructor(readHeader: ReadHeader, onFrame: (frame: ScannedFrame) => void) {
    this.#readHeader = readHeader;
    this.#onFrame = onFrame;
  }

  take(bytes: Uint8Array): void {
    let rest: Uint8Array | undefined = bytes;
    while (rest) rest = this.#current ? this.#takeContent(rest) : this.#takeHeader(rest);
  }

  /** Gives what is left for the content, undefined if the header is not complete. */
  #takeHeader(bytes: Uint8Array): Uint8Array | undefined {
    const all = concatBytes([this.#begun, bytes]);
    const header = this.#readHeader(all);
    this.#begun = header ? new Uint8Array(0) : all;
    if (!header) return undefined;
    this.#current = { header, taken: 0, beginning: new Uint8Array(0) };
    return all.subarray(header.size);
  }

  /** Gives what is left for the next frame, undefined if there is nothing. */
  #takeContent(bytes: Uint8Array): Uint8Array | undefined {
    const frame = this.#current;
    if (!frame) return bytes;
    const { header } = frame;
    const count = Math.min(bytes.length, header.length - frame.taken);
    const wanted = Math.max(0, Math.min(count, kept - frame.beginning.length));
    frame.beginning = concatBytes([frame.beginning, bytes.subarray(0, wanted)]);
    frame.taken += count;
    if (frame.taken < header.length) return undefined;
    this.#current = undefined;
    if (header.mask) applyMask(frame.beginning, header.mask, 0);
    this.#onFrame({ name: header.name, length: header.length, beginning: frame.beginning });
    return count < bytes.length ? bytes.subarray(count) : undefined;
  }
}

const webSocketNames = new Map<number, string>(
  Object.entries(opcodes).map(([name, code]) => [code, name]),
);

/** RFC 6455, 5.2. */
export const webSocketHeader: ReadHeader = (bytes) => {
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = (second & 0x80) !== 0;
  const size = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length =
    lengthBytes === 2
      ? view.getUint16(2)
      : lengthBytes === 8
        ? Number(view.getBigUint64(2))
        : short;
  return {
    size,
    length,
    name: webSocketNames.get(first & 0x0f) ?? `opcode ${first & 0x0f}`,
    ...(isMasked && { mask: bytes.slice(size - 4, size) }),
  };
};

/** SPDY/3.1, 2.2: control frames by type; the others have data. */
const spdyNames: Readonly<Record<number, string>> = {
  1: 'SYN_STREAM',
  2: 'SYN_REPLY',
  3: 'RST_STREAM',
  4: 'SETTINGS',
  6: 'PING',
  7: 'GOAWAY',
  8: 'HEADERS',
  9: 'WINDOW_UPDATE',
};

export const spdyHeader: ReadHeader = (bytes) => {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isControl = view.getUint8(0) >= 0x80;
  const type = view.getUint16(2);
  const length = view.getUint32(4) & 0xff_ffff;
  return { size: 8, length, name: isControl ? (spdyNames[type] ?? `type ${type}`) : 'DATA' };
};
