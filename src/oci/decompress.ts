import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { ByteReader } from '#base/byte-reader.ts';
import { gunzip } from '#base/gzip.ts';

/**
 * The plain contents of a layer's blob, or of an archive. Its first bytes say how it is compressed, whatever its media
 * type claims (containerd, pkg/archive/compression, DetectCompression).
 */
export async function decompressed(blob: ByteSource, signal?: AbortSignal): Promise<ByteSource> {
  const reader = new ByteReader(blob);
  const magic = await reader.peek(4, signal);
  if (startsWith(magic, [0x1f, 0x8b, 0x08])) return gunzip(reader.remainder(), signal);
  if (startsWith(magic, [0x28, 0xb5, 0x2f, 0xfd])) {
    throw new SandglassError(
      'unimplemented',
      'What is compressed with zstd is not read here. Save the image with gzip, or without compression.',
    );
  }
  return reader.remainder();
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
