import { Deflate, Inflate, Z_SYNC_FLUSH } from 'pako';
import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { headerDictionary } from './dictionary.ts';

/** Bytes of one frame's headers, uncompressed. */
const headersMax = 64 << 10;

/** Between several values of one name (SPDY/3, 2.6.10). */
const valueSeparator = '\0';

/** Headers as one side of a connection sends them: one zlib stream goes through all of its frames. */
export class HeaderEncoder {
  #output: Uint8Array[] = [];
  readonly #deflate = new Deflate({ dictionary: headerDictionary });

  constructor() {
    this.#deflate.onData = (chunk) => this.#output.push(chunk);
  }

  encode(headers: Headers): Uint8Array {
    const utf8 = new TextEncoder();
    const fields = [...headers].flatMap(([name, value]) => [utf8.encode(name), utf8.encode(value)]);
    const block = concatBytes([
      uint32(fields.length / 2),
      ...fields.flatMap((field) => [uint32(field.length), field]),
    ]);
    this.#output = [];
    this.#deflate.push(block, Z_SYNC_FLUSH);
    return concatBytes(this.#output);
  }
}

export class HeaderDecoder {
  #output: Uint8Array[] = [];
  #length = 0;
  readonly #inflate = new Inflate({ dictionary: headerDictionary });

  constructor() {
    this.#inflate.onData = (chunk) => {
      this.#length += chunk.length;
      // Stops the decompressor too: a small frame may say that it holds gigabytes.
      if (this.#length > headersMax) throw malformed('are too long');
      this.#output.push(chunk);
    };
  }

  decode(compressed: Uint8Array): Headers {
    this.#output = [];
    this.#length = 0;
    if (!this.#inflate.push(compressed, Z_SYNC_FLUSH)) throw malformed('cannot be decompressed');
    return parseHeaders(concatBytes(this.#output));
  }
}

function parseHeaders(block: Uint8Array): Headers {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const utf8 = new TextDecoder();
  let at = 0;
  const next = (length: number) => {
    at += length;
    if (at > block.length) throw malformed('end too early');
    return at - length;
  };
  const text = () => {
    const length = view.getUint32(next(4));
    const start = next(length);
    return utf8.decode(block.subarray(start, at));
  };
  const headers = new Headers();
  for (let count = view.getUint32(next(4)); count > 0; count--) {
    const name = text();
    for (const value of text().split(valueSeparator)) append(headers, name, value);
  }
  return headers;
}

function append(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    throw malformed('have a name or value that HTTP does not allow');
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function malformed(how: string): SandglassError {
  return new SandglassError('internal', `SPDY: The headers of a frame ${how}.`);
}
