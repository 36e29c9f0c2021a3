import { describe, expect, it } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import {
  type Frame,
  FrameParser,
  decodeHello,
  encodeFrame,
  encodeHello,
  encodeMessage,
  payloadSizeMax,
} from './frame-codec.ts';
import { frame, protocol } from './protocol.ts';

function parse(...chunks: Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const parser = new FrameParser();
  for (const chunk of chunks) parser.push(chunk, (one) => frames.push(one));
  return frames;
}

describe('frames', () => {
  const two = concatBytes([
    encodeFrame(frame.data, 6, 1, Uint8Array.of(1, 2, 3)),
    encodeFrame(frame.end, 0xffff_fffe, 2),
  ]);
  const expected = [
    { type: frame.data, channel: 6, stream: 1, more: false, payload: Uint8Array.of(1, 2, 3) },
    { type: frame.end, channel: 0xffff_fffe, stream: 2, more: false, payload: new Uint8Array() },
  ];

  it('come out as they went in', () => {
    expect(parse(two)).toEqual(expected);
  });

  it('come out whole wherever the stream is cut', () => {
    for (let cut = 0; cut <= two.length; cut++) {
      expect(parse(two.subarray(0, cut), two.subarray(cut))).toEqual(expected);
    }
    expect(parse(...Array.from(two, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('are refused with a wrong mark or an impossible length', () => {
    const wrongMark = two.slice();
    wrongMark[0] = 0;
    expect(() => parse(wrongMark)).toThrow('damaged header');
    const tooLong = encodeFrame(frame.data, 2);
    new DataView(tooLong.buffer).setUint32(8, payloadSizeMax + 1, true);
    expect(() => parse(tooLong)).toThrow('damaged header');
  });
});

describe('a message', () => {
  it('is cut into frames that say whether more follow', () => {
    const payload = Uint8Array.from({ length: 2 * payloadSizeMax + 5 }, (_, at) => at * 7);
    const frames = parse(encodeMessage(frame.open, 4, payload));
    expect(frames.map(({ more }) => more)).toEqual([true, true, false]);
    expect(concatBytes(frames.map((one) => one.payload))).toEqual(payload);
  });

  it('fits one frame exactly, if it does', () => {
    const frames = parse(encodeMessage(frame.open, 4, new Uint8Array(payloadSizeMax)));
    expect(frames.map(({ more }) => more)).toEqual([false]);
  });

  it('is refused if the agent would not take it', () => {
    const long = new Uint8Array(protocol.messageSizeMax + 1);
    expect(() => encodeMessage(frame.open, 4, long)).toThrow(/1048577 bytes; 1048576 are allowed/);
  });
});

describe('a greeting', () => {
  it('carries version and session', () => {
    const [hello] = parse(encodeHello(0x1234_5678_9abc_def1n));
    expect(hello && decodeHello(hello.payload)).toEqual({
      version: protocol.version,
      session: 0x1234_5678_9abc_def1n,
      pid: 0,
    });
  });

  it('is refused if it is something else', () => {
    expect(() => decodeHello(new Uint8Array(32))).toThrow('a greeting that is not one');
    expect(() => decodeHello(encodeHello(1n).subarray(12, 40))).toThrow('not one');
  });
});
