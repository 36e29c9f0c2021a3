import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';

function storeOf(entries: Record<string, string> = {}) {
  const map = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
  };
}

describe('a reader’s progress', () => {
  it('is nothing before a lesson was opened', () => {
    expect(new Progress(storeOf()).of('node', 'machine')).toBeUndefined();
  });

  it('has the step that was open and those that were finished, each once', () => {
    const progress = new Progress(storeOf());
    progress.open('node', 'machine', 'look');
    progress.finish('node', 'machine', 'look');
    progress.finish('node', 'machine', 'look');
    progress.open('node', 'machine', 'more');
    expect(progress.of('node', 'machine')).toEqual({ step: 'more', done: ['look'] });
    expect(progress.of('node', 'other')).toBeUndefined();
  });

  it('takes in what another tab has finished meanwhile', () => {
    const store = storeOf();
    const [one, other] = [new Progress(store), new Progress(store)];
    one.open('node', 'machine', 'look');
    other.finish('node', 'machine', 'more');
    one.finish('node', 'machine', 'look');
    expect(other.of('node', 'machine')).toEqual({ step: 'look', done: ['more', 'look'] });
  });

  it.each(['', 'null', '7', '{"step":1,"done":[]}', '{"step":"a","done":[1]}', '{'])(
    'is nothing where the browser kept %j',
    (kept) => {
      const store = storeOf({ 'sandglass.lesson.node/machine': kept });
      expect(new Progress(store).of('node', 'machine')).toBeUndefined();
    },
  );

  it('outlives no visit without a store, and breaks nothing', () => {
    const progress = new Progress(undefined);
    progress.open('node', 'machine', 'look');
    expect(progress.of('node', 'machine')).toBeUndefined();
  });
});
