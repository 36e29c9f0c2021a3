import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { type GuestPanic, PanicWatch } from './panic-watch.ts';

const end = '[    3.300000] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r\n';
const text = `[    3.100000] some line\r
[    3.200000] Kernel panic - not syncing: sysrq triggered crash\r
[    3.200000] CPU: 0 PID: 1 Comm: sh\r
${end}`;

let clock: ManualClock;
let alive: boolean;
let panics: GuestPanic[];
let watch: PanicWatch;

beforeEach(() => {
  clock = new ManualClock();
  alive = false;
  panics = [];
  watch = new PanicWatch({
    clock,
    isAlive: () => alive,
    onPanic: (panic) => panics.push(panic),
  });
});

const say = (words: string) => {
  watch.feed(new TextEncoder().encode(words));
};

/** A slice a millisecond, as a CPU that spins has them. */
function runFor(milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 1) {
    watch.afterSlice();
    clock.advance(1);
  }
}

describe('PanicWatch', () => {
  it('reports a panic once, soon after its end, with the lines before', () => {
    // A byte at a time, as the serial port has it.
    for (const byte of new TextEncoder().encode(text)) watch.feed(Uint8Array.of(byte));
    runFor(299);
    expect(panics).toEqual([]);
    runFor(5000);
    expect(panics).toHaveLength(1);
    expect(panics[0]?.message).toBe('sysrq triggered crash');
    expect(panics[0]?.lastLines[0]).toBe('[    3.100000] some line');
    expect(panics[0]?.lastLines).toHaveLength(4);
  });

  it('reports a panic whose end does not come', () => {
    say('[    3.200000] Kernel panic - not syncing: out of memory\nmore');
    runFor(1999);
    expect(panics).toEqual([]);
    runFor(1);
    expect(panics.map(({ message }) => message)).toEqual(['out of memory']);
  });

  it('knows one that comes in the middle of what a program writes', () => {
    say(`root@node-1:~# ${text}`);
    runFor(400);
    expect(panics).toHaveLength(1);
  });

  it('takes no text about a panic for one', () => {
    say('$ grep panic\nKernel panic - not syncing: VFS\n---[ end Kernel panic ]---\n');
    runFor(5000);
    expect(panics).toEqual([]);
  });

  it('believes no console whose machine lives', () => {
    say(text);
    runFor(100);
    // A program runs, or the CPU waits.
    alive = true;
    runFor(1);
    alive = false;
    runFor(5000);
    expect(panics).toEqual([]);
    say(text);
    runFor(400);
    expect(panics).toHaveLength(1);
  });

  it('waits for a CPU that had no time to show that it lives', () => {
    say(text);
    clock.advance(5000);
    expect(panics).toEqual([]);
    runFor(400);
    expect(panics).toHaveLength(1);
  });

  it('reports nothing once it is closed', () => {
    say(text);
    watch.close();
    runFor(5000);
    expect(panics).toEqual([]);
  });

  it('keeps a bounded number of lines of bounded length', () => {
    say(`${'x'.repeat(100_000)}\n`.repeat(100));
    expect(watch.lastLines).toHaveLength(60);
    expect(watch.lastLines[0]).toHaveLength(1024);
  });
});
