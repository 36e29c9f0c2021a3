import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { keepRunning } from './keep-running.ts';

let clock: ManualClock;
let stop: AbortController;
let starts: number[];
let said: string[];
/** How each life goes on once it has begun. */
let life: (signal: AbortSignal) => Promise<void>;
let kept: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  stop = new AbortController();
  starts = [];
  said = [];
});

function keep(): void {
  kept = keepRunning(
    'The kubelet',
    (signal) => {
      starts.push(clock.now());
      return life(signal);
    },
    {
      clock,
      signal: stop.signal,
      onError: ({ code, message }) => said.push(`${code}: ${message}`),
    },
  );
}

/** Lets everything happen that is due within so many milliseconds. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed <= milliseconds; passed += 500) {
    await new Promise((resolve) => setImmediate(resolve));
    if (passed < milliseconds) clock.advance(500);
  }
}

it('starts what failed again, later each time, and says so', async () => {
  life = () => Promise.reject(new SandglassError('unavailable', 'The API is away.'));
  keep();
  await pass(30_000);
  expect(starts).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000]);
  expect(said[0]).toBe(
    'unavailable: The kubelet stopped: The API is away. It is started again in 1 s.',
  );
  expect(said).toHaveLength(6);
  stop.abort();
  await kept;
});

it('starts again what ended without a failure, soon if it had run well', async () => {
  const lengths = [500, 500, 120_000, 500];
  life = () => new Promise((resolve) => clock.schedule(lengths.shift() ?? 1e9, resolve));
  keep();
  await pass(130_000);
  expect(starts).toEqual([0, 1_500, 4_000, 125_000, 127_500]);
  expect(said[0]).toContain('It ended without a word.');
});

it('ends what a failed life has left running', async () => {
  const left: AbortSignal[] = [];
  life = (signal) => {
    left.push(signal);
    return Promise.reject(new Error('x'));
  };
  keep();
  await pass(1_000);
  expect(left.map(({ aborted }) => aborted)).toEqual([true, true]);
  stop.abort();
  await kept;
});

it('says nothing when it is told to end, be it in a life or between two', async () => {
  life = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('x'))));
  keep();
  stop.abort();
  await kept;
  expect(said).toEqual([]);

  stop = new AbortController();
  life = () => Promise.reject(new Error('x'));
  keep();
  await pass(0);
  expect(said).toHaveLength(1);
  stop.abort();
  await kept;
  await pass(60_000);
  expect(starts).toHaveLength(2);
});
