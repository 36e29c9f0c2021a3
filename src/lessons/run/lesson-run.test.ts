import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import type { LessonCode } from '#lessons/code.ts';
import type { Lesson, Step } from '#lessons/lesson.ts';
import type { Stage } from '#lessons/ports.ts';
import { LessonRun, type LessonState } from './lesson-run.ts';

const step = (slug: string, ...blocks: Step['blocks']): Step => ({ slug, title: slug, blocks });
const checks = (id: string): Step['blocks'][number] => ({
  kind: 'checks',
  checks: [{ id, html: id, missing: { none: 'None.' } }],
});
const first = step(
  'first',
  { kind: 'manifest', file: 'pod.yaml', text: 'kind: Pod\n' },
  checks('a'),
);
const second = step(
  'second',
  { kind: 'manifest', file: 'pod.yaml', text: 'changed\n' },
  checks('b'),
);
const lesson: Lesson = {
  slug: 'l',
  folder: '01-p/01-l',
  title: 'L',
  summary: 'S',
  minutes: 8,
  needs: 'cluster',
  steps: [first, second],
};

let clock: ManualClock;
let done: string[];
let code: LessonCode;
let run: LessonRun;
/** What a stage's call waits for before it ends. */
let holds: Record<string, Promise<unknown>>;

/** A stage that writes down what it is asked for. */
function fakeStage(): Stage {
  const act = async (what: string) => {
    done.push(what);
    await holds[what];
  };
  return {
    clock,
    shell: {
      atPrompt: () => act('prompt'),
      run: async (line) => {
        await act(`run ${line}`);
        return 0;
      },
      begin: (line) => act(`begin ${line}`),
      type: (text) => void done.push(`type ${JSON.stringify(text)}`),
    },
    scene: {
      now: () => ({ pods: [], events: [], held: [], breakpoints: [] }),
      tracePosition: () => ({ cluster: 1, id: 0 }),
      traceAfter: () => [],
      listen: () => () => undefined,
    },
    run: (command) => act(`look ${command}`).then(() => ({ code: 0, stdout: '', stderr: '' })),
    writeFile: (name, text) => act(`write ${name} ${text.trim()}`),
    showText: (name, text) => void done.push(`show ${name} ${text.trim()}`),
    breakOn: (points) => act(`break on ${points.join(' ')}`),
    step: () => act('step'),
    proceed: () => act('proceed'),
    runOn: () => act('run on'),
    ready: (needs) => act(`ready ${needs}`),
    restart: (needs) => act(`restart ${needs}`),
  };
}

beforeEach(() => {
  clock = new ManualClock();
  [done, holds] = [[], {}];
  code = {
    checks: { first: { a: () => 'none' }, second: { b: () => true } },
    solutions: {
      first: (reader) => reader.run('one'),
      second: async (reader) => {
        await reader.write('pod.yaml', 'mine');
        await reader.apply('pod.yaml');
        await reader.interrupt();
      },
    },
    files: { 'hello.txt': 'hello' },
  };
  run = new LessonRun({ lesson, loadCode: () => Promise.resolve(code), stage: fakeStage() });
});
afterEach(() => run.dispose());

/** Lets what does not wait for a clock or a stage come to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

const files = ['write hello.txt hello', 'write pod.yaml kind: Pod'];

it('ends a solution when the reader goes to another step', async () => {
  code.solutions = {
    first: async (reader) => {
      await reader.run('one');
      await reader.run('two');
    },
  };
  await run.begin();
  const held = new Deferred<undefined>();
  holds['run one'] = held.promise;
  const solution = run.runSolution();
  await settle();
  expect(run.state.solving).toBe(true);
  run.enter(second);
  expect(run.state).toMatchObject({ step: second, solving: false });
  held.resolve(undefined);
  await solution;
  expect(done).not.toContain('run two');
  expect(run.state).toMatchObject({ step: second, failure: undefined });
});

it('brings its files, the first text of each, to a machine that has begun', async () => {
  expect(run.state).toMatchObject({ phase: 'preparing', step: first });
  await run.begin();
  expect(done).toEqual(['ready cluster', ...files, 'show pod.yaml kind: Pod']);
  expect(run.state).toMatchObject({ phase: 'ready', checks: [{ id: 'a', passed: false }] });
});

it('saves what stands in the editor, and leaves alone what the reader changed there', async () => {
  await run.begin();
  run.edit('pod.yaml', 'kind: Mine');
  run.enter(second);
  run.edit('pod.yaml', 'other');
  run.enter(first);
  run.enter(second);
  done = [];
  await run.save('pod.yaml');
  expect(done).toEqual(['write pod.yaml other']);
});

it('begins at the step that it is told, if there is one', () => {
  const at = (name: string) =>
    new LessonRun({ lesson, loadCode: () => Promise.resolve(code), stage: fakeStage(), step: name })
      .state;
  expect(at('second').step).toBe(second);
  expect(at('none').step).toBe(first);
});

it('begins again from the snapshot at the first step, with every text as it was', async () => {
  await run.begin();
  run.edit('pod.yaml', 'kind: Mine');
  run.enter(second);
  done = [];
  await run.restart();
  expect(done).toEqual(['restart cluster', ...files, 'show pod.yaml kind: Pod']);
  expect(run.state.step).toBe(first);
});

it('keeps what the reader wrote before the lesson had begun, and when it begins again', async () => {
  run.edit('pod.yaml', 'kind: Mine');
  await run.begin();
  run.lose(new SandglassError('unavailable', 'Gone.'));
  await run.begin();
  await run.beginAgain();
  expect(done.filter((what) => what.startsWith('show'))).toEqual([]);
  done = [];
  await run.save('pod.yaml');
  expect(done).toEqual(['write pod.yaml kind: Mine']);
  await run.resetStep();
  expect(done.at(-1)).toBe('show pod.yaml kind: Pod');
});

it('fetches its programs anew where they could not be had', async () => {
  let fetched = 0;
  const loadCode = () =>
    ++fetched === 1
      ? Promise.reject(new SandglassError('unavailable', 'No network.'))
      : Promise.resolve(code);
  run = new LessonRun({ lesson, loadCode, stage: fakeStage() });
  await run.begin();
  expect(run.state).toMatchObject({ phase: 'failed', failure: { message: 'No network.' } });
  await run.begin();
  await run.beginAgain();
  expect(run.state.phase).toBe('ready');
  expect(fetched).toBe(2);
});

it('has no checks of a step that it cannot look at, and goes on with those that had passed', async () => {
  code.checks = { first: { a: () => true }, second: { b: () => 'none' } };
  await run.begin();
  clock.advance(0);
  await settle();
  expect(run.state.checks).toMatchObject([{ id: 'a', passed: true }]);
  run.enter(second);
  run.enter(first);
  expect(run.state.checks).toMatchObject([{ id: 'a', passed: true }]);
  const again = run.beginAgain();
  expect(run.state.checks).toEqual([]);
  run.enter(second);
  expect(run.state).toMatchObject({ phase: 'preparing', step: second, checks: [] });
  await again;
  expect(run.state).toMatchObject({ step: second, checks: [{ id: 'b', passed: false }] });
  run.enter(first);
  expect(run.state.checks).toMatchObject([{ id: 'a', passed: false }]);
});

it('goes back to where a step begins by doing those before it', async () => {
  await run.begin();
  run.enter(second);
  clock.advance(0);
  await settle();
  expect(run.state.checks).toMatchObject([{ id: 'b', passed: true }]);
  done = [];
  await run.resetStep();
  expect(done.slice(1)).toEqual([
    ...files,
    'show pod.yaml kind: Pod',
    'run one',
    'show pod.yaml changed',
  ]);
  expect(run.state).toMatchObject({ phase: 'ready', step: second, checks: [{ passed: false }] });
});

describe('a solution', () => {
  it('is done with the hands of a reader', async () => {
    await run.begin();
    run.enter(second);
    done = [];
    await run.runSolution();
    expect(done).toEqual([
      'show pod.yaml mine',
      'write pod.yaml mine',
      'write pod.yaml mine',
      'run kubectl apply -f pod.yaml',
      'type "\\u0003"',
      'prompt',
    ]);
    expect(run.state).toMatchObject({ solving: false, failure: undefined });
  });

  it('that fails says why, and the lesson goes on', async () => {
    code.solutions = { first: () => Promise.reject(new SandglassError('internal', 'No.')) };
    await run.begin();
    await run.runSolution();
    expect(run.state).toMatchObject({ phase: 'ready', solving: false });
    expect(run.state.failure?.message).toBe('No.');
  });

  it('does no more once it is stopped', async () => {
    let go: (value: unknown) => void = () => undefined;
    holds['write pod.yaml mine'] = new Promise((resolve) => (go = resolve));
    await run.begin();
    run.enter(second);
    const solution = run.runSolution();
    await settle();
    expect(run.state.solving).toBe(true);
    run.stopSolution();
    go(undefined);
    await solution;
    expect(run.state).toMatchObject({ solving: false, failure: undefined });
    expect(done).not.toContain('run kubectl apply -f pod.yaml');
  });

  it('waits for what it waits for, and tells what did not come', async () => {
    let looks = 0;
    code.solutions = { first: (reader) => reader.until('a third look', () => ++looks === 3) };
    await run.begin();
    const solution = run.runSolution();
    await settle();
    clock.advance(200);
    await settle();
    clock.advance(200);
    await solution;
    expect(run.state.failure).toBeUndefined();
    code.solutions = { first: (reader) => reader.until('rain', () => false) };
    const vain = run.runSolution();
    for (let second = 0; second <= 305; second++) {
      await settle();
      clock.advance(1000);
    }
    await vain;
    expect(run.state.failure?.message).toBe('This did not come within five minutes: rain.');
  });

  it('looks at the list until a check has passed there', async () => {
    let reached = false;
    code.checks = { first: { a: () => reached || 'none' } };
    code.solutions = { first: (reader) => reader.passed('a').then(() => done.push('passed')) };
    await run.begin();
    const solution = run.runSolution();
    const wait = async () => {
      for (let looks = 0; looks < 20; looks++) {
        await settle();
        clock.advance(100);
      }
    };
    await wait();
    expect(done).not.toContain('passed');
    reached = true;
    await wait();
    await solution;
    expect(done).toContain('passed');
  });

  it('asks the checks of the steps before itself: no list shows them', async () => {
    let asked = 0;
    code.checks = { first: { a: () => ++asked > 1 || 'none' }, second: { b: () => 'none' } };
    code.solutions = { first: (reader) => reader.passed('a') };
    await run.begin();
    run.enter(second);
    asked = 0;
    const back = run.resetStep();
    await settle();
    clock.advance(200);
    await back;
    expect(asked).toBe(2);
    expect(run.state).toMatchObject({ phase: 'ready', step: second });
  });
});

it('fails with a machine that cannot be begun, and can be begun again', async () => {
  holds['restart cluster'] = Promise.reject(new SandglassError('unavailable', 'No network.'));
  holds['restart cluster'].catch(() => undefined);
  await run.restart();
  expect(run.state).toMatchObject({ phase: 'failed' });
  expect(run.state.failure?.message).toBe('No network.');
  delete holds['restart cluster'];
  await run.restart();
  expect(run.state).toMatchObject({ phase: 'ready', failure: undefined });
});

it('fails when the machine is lost, and asks no check any more', async () => {
  let asked = 0;
  code.checks = {
    first: {
      a: () => {
        asked++;
        return 'none';
      },
    },
  };
  await run.begin();
  clock.advance(0);
  await settle();
  run.lose(new SandglassError('unavailable', 'The machine has stopped.'));
  clock.advance(10_000);
  await settle();
  expect(asked).toBe(1);
  expect(run.state.phase).toBe('failed');
});

it('tells of each change', async () => {
  const phases: LessonState['phase'][] = [];
  run.changed.listen(({ phase }) => phases.push(phase));
  await run.begin();
  expect(phases[0]).toBe('preparing');
  expect(phases.at(-1)).toBe('ready');
});
