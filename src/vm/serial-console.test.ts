import { describe, expect, it } from 'vitest';
import { SerialConsole } from './serial-console.ts';
import type { EmulatorInternals } from './v86-internals.ts';

function fakeSerial() {
  const uart = { input: [] as number[] };
  const failures: unknown[] = [];
  let output: (byte: number) => void = () => undefined;
  const emulator = {
    v86: { cpu: { devices: { uart0: uart } } },
    bus: {
      send: (_name: string, byte: number) => uart.input.push(byte),
      register: (_name: string, listener: (byte: number) => void) => (output = listener),
    },
  };
  const serial = new SerialConsole(emulator as unknown as EmulatorInternals, (_source, error) =>
    failures.push(error),
  );
  const print = (text: string) => {
    for (const byte of new TextEncoder().encode(text)) output(byte);
  };
  return { serial, uart, failures, print };
}

describe('SerialConsole', () => {
  it('types no faster than the guest reads', () => {
    const { serial, uart } = fakeSerial();
    serial.send('x'.repeat(40));
    expect(uart.input).toHaveLength(16);
    serial.pump();
    expect(uart.input).toHaveLength(16);
    uart.input.splice(0, 10);
    serial.pump();
    expect(uart.input).toHaveLength(16);
    expect(serial.typed).toHaveLength(30);
    uart.input.length = 0;
    serial.pump();
    uart.input.length = 0;
    expect(serial.typed).toEqual([]);
  });

  it('hands on output in chunks and keeps the last of it', () => {
    const { serial, print } = fakeSerial();
    const chunks: string[] = [];
    serial.listen((bytes) => chunks.push(new TextDecoder().decode(bytes)));
    print('hello');
    expect(chunks).toEqual([]);
    serial.flush();
    serial.flush();
    expect(chunks).toEqual(['hello']);
    for (let i = 0; i < 300; i++) print('y'.repeat(1024));
    serial.flush();
    const kept = serial.scrollback();
    expect(kept.length).toBeGreaterThanOrEqual(128 << 10);
    expect(kept.length).toBeLessThan(140 << 10);
    expect(new Set(kept)).toEqual(new Set(new TextEncoder().encode('y')));
  });

  it('contains a listener that throws', () => {
    const { serial, failures, print } = fakeSerial();
    serial.listen(() => {
      throw new Error('mine');
    });
    print('x');
    serial.flush();
    expect(failures).toHaveLength(1);
  });
});
