import { SandglassError } from '#base/errors.ts';
import { kernelAddress, kernelLayout } from './kernel-image.ts';

/** A part of an unpacked kernel, and where in memory it belongs. */
export interface KernelSegment {
  address: number;
  bytes: Uint8Array;
}

export interface UnpackedKernel {
  /** Physical, of startup_32 (Linux, arch/x86/kernel/head_32.S). */
  entry: number;
  segments: KernelSegment[];
}

/** Fields of the setup header: Linux, Documentation/x86/boot.rst. */
const field = { payloadOffset: 0x248, payloadLength: 0x24c };

/** PT_LOAD: elf(5). */
const loadable = 1;

/**
 * What a bzImage unpacks itself to, as Firecracker is given a kernel: the unpacking is half the instructions of a
 * small guest's start, and takes the host a few milliseconds.
 */
export function unpackKernel(kernel: Uint8Array): UnpackedKernel {
  const header = viewOf(kernel);
  const start = kernelLayout(kernel).setupBytes + header.getUint32(field.payloadOffset, true);
  const payload = kernel.subarray(start, start + header.getUint32(field.payloadLength, true));
  const elf = unpackLegacyLz4(payload);
  const view = viewOf(elf);
  if (elf.length < 52 || view.getUint32(0) !== 0x7f454c46) throw refused();
  const segments: KernelSegment[] = [];
  const [table, size, count] = [28, 42, 44].map((at, i) =>
    i === 0 ? view.getUint32(at, true) : view.getUint16(at, true),
  ) as [number, number, number];
  for (let at = table; at < table + size * count; at += size) {
    const [offset = 0, address = 0, bytes = 0] = [4, 12, 16].map((i) =>
      view.getUint32(at + i, true),
    );
    if (view.getUint32(at, true) !== loadable || bytes === 0) continue;
    if (address < kernelAddress || offset + bytes > elf.length) throw refused();
    segments.push({ address, bytes: elf.subarray(offset, offset + bytes) });
  }
  return { entry: view.getUint32(24, true), segments };
}

/**
 * The format that the kernel's build packs with (`lz4 -l`): a magic number, and blocks of up to 8 MiB, each with
 * its length before it. The build appends the unpacked length.
 */
export function unpackLegacyLz4(packed: Uint8Array): Uint8Array {
  const view = viewOf(packed);
  if (packed.length < 8 || view.getUint32(0, true) !== 0x184c2102) throw refused();
  const output = new Uint8Array(view.getUint32(packed.length - 4, true));
  let written = 0;
  for (let at = 4; at + 8 <= packed.length;) {
    const length = view.getUint32(at, true);
    at += 4;
    written = unpackBlock(packed.subarray(at, at + length), output, written);
    at += length;
  }
  if (written !== output.length) throw refused();
  return output;
}

/** A block of LZ4 (lz4_Block_format.md); returns the position behind what it unpacked. */
function unpackBlock(block: Uint8Array, output: Uint8Array, from: number): number {
  let at = 0;
  let to = from;
  /** The rest of a length whose four bits in the token are all set. */
  const more = (nibble: number): number => {
    if (nibble < 15) return nibble;
    let length = nibble;
    for (let byte = 255; byte === 255; length += byte) byte = block[at++] ?? 0;
    return length;
  };
  while (at < block.length) {
    const token = block[at++] ?? 0;
    const literals = more(token >> 4);
    if (at + literals > block.length || to + literals > output.length) throw refused();
    output.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // The last sequence is literals alone.
    if (at === block.length) break;
    const distance = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const length = more(token & 15) + 4;
    if (distance === 0 || distance > to || to + length > output.length) throw refused();
    if (distance >= length) output.copyWithin(to, to - distance, to - distance + length);
    // It repeats what it has just written.
    else for (let i = to; i < to + length; i++) output[i] = output[i - distance] ?? 0;
    to += length;
  }
  return to;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refused(): SandglassError {
  return new SandglassError(
    'invalid-argument',
    'The kernel image cannot be entered without firmware: it is not packed as it should be, with LZ4.',
  );
}
