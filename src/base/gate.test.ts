import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { Deferred } from './deferred.ts';
import { SandglassError } from './errors.ts';
import { type EmptyOptions, Gate } from './gate.ts';

function setUp() {
  const gate = new Gate();
  const clock = new ManualClock();
  const options: EmptyOptions = {
    clock,
    deadline: 1000,
    late: (inside) => `Still inside: ${inside.join(', ')}.`,
  };
  return { gate, clock, options };
}

const turns = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('a gate', () => {
  it('empties before the work begins, and lets in who came meanwhile when it is done', async () => {
    const { gate, options } = setUp();
    const [first, work] = [new Deferred<void>(), new Deferred<void>()];
    const order: string[] = [];
    const inside = gate.pass('first', () => first.promise).then(() => order.push('first'));
    const emptied = gate.whileEmpty(() => {
      order.push('work');
      return work.promise;
    }, options);
    const late = gate.pass('second', () => Promise.resolve(order.push('second')));
    await turns();
    expect(order).toEqual([]);
    expect(gate.inside).toEqual(['first']);
    first.resolve();
    await inside;
    await turns();
    expect(order).toEqual(['first', 'work']);
    work.resolve();
    await Promise.all([emptied, late]);
    expect(order).toEqual(['first', 'work', 'second']);
    expect(gate.inside).toEqual([]);
  });

  it('names who stays, and is open again afterwards', async () => {
    const { gate, clock, options } = setUp();
    void gate.pass('a pull', () => new Promise(() => undefined));
    const emptied = gate.whileEmpty(() => Promise.reject(new Error('begun')), options);
    clock.advance(1000);
    await expect(emptied).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'Still inside: a pull.',
    });
    expect(await gate.pass('next', () => Promise.resolve('in'))).toBe('in');
  });

  it('opens again when the wish for the work is withdrawn, or the work fails', async () => {
    const { gate, options } = setUp();
    void gate.pass('a pull', () => new Promise(() => undefined));
    const wish = new AbortController();
    const emptied = gate.whileEmpty(() => Promise.resolve(), { ...options, signal: wish.signal });
    wish.abort();
    await expect(emptied).rejects.toMatchObject({ code: 'cancelled' });
    expect(await gate.pass('next', () => Promise.resolve('in'))).toBe('in');
    const other = setUp();
    const failed = other.gate.whileEmpty(() => Promise.reject(new Error('no')), other.options);
    await expect(failed).rejects.toThrow('no');
    expect(await other.gate.pass('next', () => Promise.resolve('in'))).toBe('in');
  });

  it('lets who waits outside leave, and counts nobody whose work fails', async () => {
    const { gate, options } = setUp();
    const work = new Deferred<void>();
    const emptied = gate.whileEmpty(() => work.promise, options);
    const leaving = new AbortController();
    const waiting = gate.pass('left', () => Promise.resolve('in'), leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    work.resolve();
    await emptied;
    const failing = gate.pass('failing', () =>
      Promise.reject(new SandglassError('internal', 'It failed.')),
    );
    await expect(failing).rejects.toThrow('It failed.');
    expect(gate.inside).toEqual([]);
  });
});
