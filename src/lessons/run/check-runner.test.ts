import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { Check } from '#lessons/code.ts';
import type { CommandResult } from '#rpc/node-calls.ts';
import { CheckRunner, type CheckState } from './check-runner.ts';

const words = [
  { id: 'a', html: 'A', missing: { none: 'No {name} <b>yet</b>.' } },
  { id: 'b', html: 'B', missing: { none: 'None.' } },
];
let clock: ManualClock;
let changed: Emitter<undefined>;
let trace: TraceRecord[];
let commands: string[];
let told: (readonly CheckState[])[];
/** The messages of failures as they are told; none when one is over. */
let failures: (string | undefined)[];
let runner: CheckRunner | undefined;

beforeEach(() => {
  clock = new ManualClock();
  changed = new Emitter();
  [trace, commands, told, failures] = [[], [], [], []];
});
afterEach(() => runner?.dispose());

function begin(
  checks: Record<string, Check>,
  since = 0,
  states: readonly CheckState[] = [],
): CheckRunner {
  runner = new CheckRunner({
    place: 'lessons/l/checks.ts, step s',
    words,
    checks: { a: () => 'none', b: () => 'none', ...checks },
    scene: {
      now: () => ({ pods: [], events: [], held: [], breakpoints: [] }),
      tracePosition: () => ({ cluster: 1, id: trace.length }),
      traceAfter: (position) => trace.filter(({ id }) => id > position.id),
      listen: (listener) => changed.listen(listener),
    },
    since: { cluster: 1, id: since },
    states,
    run: (command): Promise<CommandResult> => {
      commands.push(command);
      return Promise.resolve({ code: 0, stdout: 'out', stderr: '' });
    },
    clock,
    onChange: (states) => told.push(states),
    onFailure: (failure) => failures.push(failure?.message),
  });
  return runner;
}

/** Lets a round that is under way come to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function advance(milliseconds: number): Promise<void> {
  clock.advance(milliseconds);
  await settle();
}

it('tells a check which others have passed, for one that is about the end', async () => {
  const seen: (readonly string[])[] = [];
  begin({ a: () => true, b: ({ passed }) => (seen.push(passed), passed.includes('a') || 'none') });
  await advance(0);
  await advance(1000);
  expect(seen).toEqual([[], ['a']]);
  expect(runner?.allPassed).toBe(true);
});

it('asks until a check is true once, and then no more', async () => {
  const answers = ['none', true, 'none'] as const;
  let asked = 0;
  const { states } = begin({ a: () => answers[asked++] ?? 'none', b: () => true });
  expect(states.map(({ passed }) => passed)).toEqual([false, false]);
  await advance(0);
  expect(asked).toBe(1);
  await advance(1000);
  expect(runner?.states[0]?.passed).toBe(true);
  await advance(5000);
  expect(asked).toBe(2);
  expect(told.map((each) => each.map(({ passed }) => passed))).toEqual([
    [false, false],
    [false, true],
    [true, true],
  ]);
});

it('asks no more at all when every check has passed', async () => {
  let asked = 0;
  begin({ a: () => (asked++, true), b: () => true });
  await advance(0);
  expect(runner?.allPassed).toBe(true);
  changed.emit(undefined);
  await advance(5000);
  expect(asked).toBe(1);
});

it('asks earlier when something has changed, also while it asks', async () => {
  let asked = 0;
  let answer: (() => void) | undefined;
  begin({
    a: () => (
      asked++,
      asked === 3 ? new Promise((resolve) => (answer = () => resolve('none'))) : 'none'
    ),
  });
  await advance(0);
  changed.emit(undefined);
  await advance(249);
  expect(asked).toBe(1);
  await advance(1);
  expect(asked).toBe(2);
  await advance(1000);
  expect(asked).toBe(3);
  changed.emit(undefined);
  answer?.();
  await settle();
  await advance(250);
  expect(asked).toBe(4);
});

it('rests four times as long as a round took, whatever changes', async () => {
  let asked = 0;
  const slow: Check = () => {
    asked++;
    return new Promise((resolve) => clock.schedule(500, () => resolve('none')));
  };
  begin({ a: slow });
  await advance(0);
  await advance(500);
  changed.emit(undefined);
  await advance(1999);
  expect(asked).toBe(1);
  await advance(1);
  expect(asked).toBe(2);
});

it('says what is missing, with values as text', async () => {
  begin({ a: () => ({ reason: 'none', values: { name: '<i>foo</i>' } }) });
  await advance(0);
  expect(runner?.states[0]?.missingHtml).toBe('No &lt;i&gt;foo&lt;/i&gt; <b>yet</b>.');
});

it('tells of a reason without words, of a check that throws, and of one that never answers', async () => {
  begin({ a: () => 'other', b: () => Promise.reject(new Error('Oh.')) });
  await advance(0);
  expect(failures).toEqual([
    'lessons/l/checks.ts, step s: a gives the reason other, for which the step has no words.',
    'Oh.',
  ]);
  runner?.dispose();
  failures.length = 0;
  begin({ a: () => new Promise(() => undefined) });
  await advance(0);
  await advance(60_000);
  expect(failures).toEqual(['The check a gave no answer for 60 seconds.']);
});

it('takes a failure back when the check that had it answers', async () => {
  const answers = [() => Promise.reject(new Error('Oh.')), () => 'none'];
  begin({ a: () => answers.shift()?.() ?? 'none' });
  await advance(0);
  await advance(1000);
  await advance(1000);
  expect(failures).toEqual(['Oh.', undefined]);
});

it('goes on with what had passed before', async () => {
  let asked = 0;
  const passed = { id: 'a', html: 'A', passed: true, missingHtml: undefined };
  const { states } = begin({ a: () => (asked++, 'none') }, 0, [passed]);
  expect(states.map((state) => state.passed)).toEqual([true, false]);
  await advance(0);
  expect(asked).toBe(0);
});

it('shows each round the trace since the step began, and runs a command once in it', async () => {
  trace = [1, 2, 3].map((id) => ({ id, time: 0, kind: 'schedule' }));
  const seen: number[][] = [];
  const look: Check = async (scene) => {
    seen.push(scene.trace.map(({ id }) => id));
    await scene.run('ps');
    return 'none';
  };
  begin({ a: look, b: look }, 1);
  await advance(0);
  expect(seen).toEqual([
    [2, 3],
    [2, 3],
  ]);
  expect(commands).toEqual(['ps']);
});

it('has words for checks only', () => {
  expect(() => new CheckRunner({ ...optionsWithout(), checks: {} })).toThrow(
    'The step has no check called a.',
  );
});

function optionsWithout() {
  return {
    place: 'lessons/l/checks.ts, step s',
    words,
    scene: {
      now: () => ({ pods: [], events: [], held: [], breakpoints: [] }),
      tracePosition: () => ({ cluster: 1, id: 0 }),
      traceAfter: () => [],
      listen: () => () => undefined,
    },
    since: { cluster: 1, id: 0 },
    run: () => Promise.reject(new Error('none')),
    clock,
    onChange: () => undefined,
    onFailure: () => undefined,
  };
}
