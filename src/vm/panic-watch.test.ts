import { describe, expect, it } from 'vitest';
import { type GuestPanic, PanicWatch } from './panic-watch.ts';

const text = `[    3.1] some line\r
[    3.2] Kernel panic - not syncing: sysrq triggered crash\r
[    3.2] CPU: 0 PID: 1 Comm: sh\r
[    3.3] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r
`;

function watch() {
  const panics: GuestPanic[] = [];
  return { panics, watch: new PanicWatch((panic) => panics.push(panic)) };
}

describe('PanicWatch', () => {
  it('reports a panic once, at its end, with the lines before', () => {
    const { panics, watch: panicWatch } = watch();
    // A byte at a time, as the serial port has it.
    for (const byte of new TextEncoder().encode(text + text)) panicWatch.feed(Uint8Array.of(byte));
    expect(panics).toHaveLength(1);
    expect(panics[0]?.message).toBe('sysrq triggered crash');
    expect(panics[0]?.lastLines[0]).toBe('[    3.1] some line');
    expect(panics[0]?.lastLines).toHaveLength(4);
  });

  it('reports a panic whose end does not come when told to', () => {
    const { panics, watch: panicWatch } = watch();
    panicWatch.reportPending();
    expect(panics).toEqual([]);
    panicWatch.feed(new TextEncoder().encode('Kernel panic - not syncing: out of memory\nmore'));
    expect(panicWatch.pending).toBe(true);
    panicWatch.reportPending();
    expect(panics.map(({ message }) => message)).toEqual(['out of memory']);
    expect(panicWatch.pending).toBe(false);
  });

  it('keeps a bounded number of lines of bounded length', () => {
    const { watch: panicWatch } = watch();
    panicWatch.feed(new TextEncoder().encode(`${'x'.repeat(100_000)}\n`.repeat(100)));
    expect(panicWatch.lastLines).toHaveLength(60);
    expect(panicWatch.lastLines[0]).toHaveLength(1024);
  });
});
