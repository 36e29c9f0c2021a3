import { type ByteSink, type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { type TarHeader, type TarType } from '#base/tar/entry.ts';
import { readTar } from '#base/tar/reader.ts';

/**
 * What images/guest/unpack.c reads: a header of numbers, low byte first, the path, the target and the
 * extended attributes, then the contents.
 */
const headerBytes = 56;

const kinds: Readonly<Record<TarType | 'whiteout' | 'opaque' | 'end', string>> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  character: 'c',
  block: 'b',
  fifo: 'p',
  whiteout: 'w',
  opaque: 'o',
  // An end that the program waits for: a stream cut short is no layer.
  end: 'e',
};

/** How a layer says what it takes away of those below it (image-spec, layer.md, Whiteouts). */
const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';
/** Of AUFS's own bookkeeping, which no other file system wants. */
const metadataPrefix = '.wh..wh.';

/** Room in which small files travel together. */
const batchBytes = 64 << 10;

type LayerRecord = Pick<TarHeader, 'path' | 'size'> &
  Partial<Omit<TarHeader, 'type'>> & { kind: keyof typeof kinds };

/** Sends a layer's tar archive as records for the program that unpacks it. */
export async function sendLayer(
  layer: ByteSource,
  sink: ByteSink,
  signal?: AbortSignal,
): Promise<void> {
  const batch = new Batch(sink);
  for await (const { contents, ...header } of readTar(layer, signal)) {
    const record = recordOf(header);
    if (!record) continue;
    await batch.write(encodeRecord(record), signal);
    if (record.size === 0) continue;
    for (let chunk = await contents.read(signal); chunk; chunk = await contents.read(signal)) {
      await batch.write(chunk, signal);
    }
  }
  await batch.write(encodeRecord({ kind: 'end', path: '', size: 0 }), signal);
  await batch.flush(signal);
}

/** What becomes of a member; nothing of one that means nothing here. */
export function recordOf(header: TarHeader): LayerRecord | undefined {
  const { path, type } = header;
  const slash = path.lastIndexOf('/');
  const directory = path.slice(0, Math.max(0, slash));
  const name = path.slice(slash + 1);
  if (name === opaqueMarker) return { kind: 'opaque', path: directory, size: 0 };
  if (name.startsWith(metadataPrefix)) return undefined;
  if (name.startsWith(whiteoutPrefix)) {
    const hidden = name.slice(whiteoutPrefix.length);
    return {
      kind: 'whiteout',
      path: directory === '' ? hidden : `${directory}/${hidden}`,
      size: 0,
    };
  }
  return { ...header, kind: type };
}

export function encodeRecord(record: LayerRecord): Uint8Array {
  const encoder = new TextEncoder();
  const path = encoder.encode(record.path);
  const target = encoder.encode(record.target ?? '');
  const xattrs = encodeXattrs(record.xattrs ?? new Map<string, Uint8Array>());
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  const { seconds, nanoseconds } = record.mtime ?? { seconds: 0, nanoseconds: 0 };
  header[0] = kinds[record.kind].charCodeAt(0);
  const words = [
    ...[record.mode ?? 0, record.uid ?? 0, record.gid ?? 0],
    ...[record.major ?? 0, record.minor ?? 0, nanoseconds],
    ...[path.length, target.length, xattrs.length],
  ];
  for (const [i, word] of words.entries()) view.setUint32(4 + 4 * i, word, true);
  view.setBigInt64(40, BigInt(seconds), true);
  view.setBigUint64(48, BigInt(record.size), true);
  return concatBytes([header, path, target, xattrs]);
}

/** Each as the lengths of its name and its value in 16 bits, the name, the value. */
function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of xattrs) {
    const bytes = new TextEncoder().encode(name);
    const lengths = new Uint8Array(4);
    new DataView(lengths.buffer).setUint16(0, bytes.length, true);
    new DataView(lengths.buffer).setUint16(2, value.length, true);
    parts.push(lengths, bytes, value);
  }
  return concatBytes(parts);
}

class Batch {
  readonly #sink: ByteSink;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  async write(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    if (this.#length >= batchBytes) await this.flush(signal);
  }

  async flush(signal: AbortSignal | undefined): Promise<void> {
    const bytes = concatBytes(this.#chunks);
    this.#chunks = [];
    this.#length = 0;
    await this.#sink.write(bytes, signal);
  }
}
