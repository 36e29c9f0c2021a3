import { describe, expect, it } from 'vitest';
import { readConnection } from '#kube/streaming/read-connection.ts';
import { sourceOf } from '#kube/streaming/testing.ts';
import { applyMask, encodeFrame, opcodes, readFrameHeader } from './frame.ts';

const hello = new TextEncoder().encode('Hello');
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (frame: Uint8Array) => Buffer.from(frame).toString('hex');

/** RFC 6455, 5.7 */
const examples = [
  ['a text message', '81 05', opcodes.text, 5, true],
  ['a first fragment', '01 03', opcodes.text, 3, false],
  ['a last fragment', '80 02', opcodes.continuation, 2, true],
  ['a ping', '89 05', opcodes.ping, 5, true],
  ['256 bytes', '82 7E 0100', opcodes.binary, 256, true],
  ['64 KiB', '82 7F 0000000000010000', opcodes.binary, 65_536, true],
] as const;

describe('the header of', () => {
  it.each(examples)('%s is written and read as in the RFC', async (...example) => {
    const [, text, opcode, length, final] = example;
    const frame = encodeFrame(opcode, [new Uint8Array(length)], { masked: false, final });
    expect(hex(frame.subarray(0, frame.length - length))).toBe(hex(bytes(text)));
    const header = await readFrameHeader(readConnection(sourceOf(bytes(text))));
    expect(header).toEqual({ final, reserved: 0, opcode, length, mask: undefined });
  });

  it.each([
    ['a short length in 16 bits', '82 7E 007D'],
    ['a short length in 64 bits', '82 7F 000000000000FFFF'],
    ['a length with its highest bit set', '82 7F 8000000000000000'],
  ])('%s is not well-formed', async (_what, text) => {
    const header = await readFrameHeader(readConnection(sourceOf(bytes(text))));
    expect(header?.length).toBeNaN();
  });

  it('125, 126, 65535 and 65536 bytes has the shortest length that there is', () => {
    const headerOf = (length: number) =>
      encodeFrame(opcodes.binary, [new Uint8Array(length)], { masked: false }).length - length;
    expect([125, 126, 65_535, 65_536].map(headerOf)).toEqual([2, 4, 4, 10]);
  });
});

it("masks as in the RFC's example", () => {
  const payload = hello.slice();
  applyMask(payload, bytes('37 fa 21 3d'), 0);
  expect(hex(payload)).toBe('7f9f4d5158');
});

it('unmasks in pieces as in one', () => {
  const mask = bytes('37 fa 21 3d');
  const pieces = bytes('7f 9f 4d 51 58');
  applyMask(pieces.subarray(0, 3), mask, 0);
  applyMask(pieces.subarray(3), mask, 3);
  expect(pieces).toEqual(hello);
});

it('masks each frame with a mask of its own', async () => {
  const frames = [1, 2].map(() => encodeFrame(opcodes.text, [hello], { masked: true }));
  const masks = frames.map((frame) => hex(frame.subarray(2, 6)));
  expect(masks[0]).not.toBe(masks[1]);
  const [frame = new Uint8Array(0)] = frames;
  const header = await readFrameHeader(readConnection(sourceOf(frame)));
  const payload = frame.slice(6);
  applyMask(payload, header?.mask ?? new Uint8Array(4), 0);
  expect(payload).toEqual(hello);
});

it('says that a stream ended within a header', async () => {
  const cut = readFrameHeader(readConnection(sourceOf(bytes('82 7E 01'))));
  await expect(cut).rejects.toMatchObject({ code: 'unavailable' });
  expect(await readFrameHeader(readConnection(sourceOf()))).toBeUndefined();
});
