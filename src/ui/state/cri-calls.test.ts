import { beforeEach, describe, expect, it } from 'vitest';
import type { CriCallRecord } from '#base/trace-records.ts';
import { CriCalls } from './cri-calls.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u' };

let calls: CriCalls;
beforeEach(() => {
  calls = new CriCalls();
});

function take(records: CriCallRecord[], cluster = 1): void {
  calls.take({ cluster, records, lost: 0 });
}

function call(id: number, method: string): CriCallRecord {
  return { id, time: 5, kind: 'cri-call', service: 's', method, request: { id }, pod };
}

type Return = Extract<CriCallRecord, { kind: 'cri-return' }>;

function answer(id: number, parent: number, outcome: Partial<Return> = { response: {} }): Return {
  const name = { kind: 'cri-return', service: 's', method: 'm' } as const;
  return { id, time: 9, ...name, parent, milliseconds: 4, ...outcome };
}

function callAndAnswer(id: number, method: string, outcome?: Partial<Return>): CriCallRecord[] {
  return [call(id, method), answer(id + 1, id, outcome)];
}

describe('the list of CRI calls', () => {
  it('joins an answer with its call, whichever batch it comes in', () => {
    take([call(1, 'RunPodSandbox'), call(2, 'PullImage')]);
    expect(calls.list.map(({ method, subject, end }) => [method, subject, end])).toEqual([
      ['RunPodSandbox', 'web', undefined],
      ['PullImage', 'web', undefined],
    ]);
    take([answer(3, 2), answer(4, 1)]);
    expect(calls.list.map(({ end }) => end?.milliseconds)).toEqual([4, 4]);
  });

  it('shows an answer that is the same as before, and keeps what happened longer', () => {
    const response = { containers: [] };
    take([...callAndAnswer(1, 'ListContainers', { response }), call(3, 'RunPodSandbox')]);
    for (let id = 4; id < 2004; id += 2)
      take(callAndAnswer(id, 'ListContainers', { unchangedSince: 2 }));
    expect(calls.list).toHaveLength(500);
    expect(calls.list.slice(0, 2).map(({ id }) => id)).toEqual([1, 3]);
    expect(calls.list.at(-1)).toMatchObject({ id: 2002, end: { unchanged: true, response } });
  });

  it('knows a response longer than the call whose it was', () => {
    const response = { containers: [] };
    take(callAndAnswer(1, 'ListContainers', { response }));
    // Of those that refer to it each has left the list before the next does.
    for (let id = 3; id < 6001; id += 2) {
      const isAsked = id % 1000 === 1;
      take(
        isAsked
          ? callAndAnswer(id, 'l', { unchangedSince: 2 })
          : callAndAnswer(id, 'CreateContainer'),
      );
    }
    expect(calls.list.every(({ end }) => !end?.unchanged)).toBe(true);
    take(callAndAnswer(6001, 'ListContainers', { unchangedSince: 2 }));
    expect(calls.list.at(-1)?.end).toEqual({ milliseconds: 4, unchanged: true, response });
  });

  it('has a response from an answer whose call it was not told of', () => {
    take([
      answer(2, 1, { response: { images: [] } }),
      ...callAndAnswer(8, 'l', { unchangedSince: 2 }),
    ]);
    expect(calls.list).toMatchObject([{ id: 8, end: { response: { images: [] } } }]);
  });

  it('has none in place of one that is no longer kept', () => {
    take(callAndAnswer(8, 'ListImages', { unchangedSince: 2 }));
    expect(calls.list[0]?.end).toEqual({ milliseconds: 4, unchanged: true });
  });

  it('says what is shown in part', () => {
    take(callAndAnswer(1, 'ExecSync', { response: {}, shortened: { stdout: 5 } }));
    expect(calls.list[0]?.shortened).toEqual({ stdout: 5 });
  });

  it('says what failed', () => {
    const error = { code: '5', message: 'not found' };
    take([call(1, 'StartContainer')]);
    take([answer(2, 1, { error })]);
    expect(calls.list[0]?.end?.error).toEqual(error);
  });

  it('begins anew with a new cluster, whatever its first record', () => {
    take(callAndAnswer(1, 'ListImages'));
    take([call(7, 'RunPodSandbox')]);
    take(callAndAnswer(9, 'ListImages', { unchangedSince: 2 }), 2);
    expect(calls.list.map(({ id, end }) => [id, end?.response])).toEqual([[9, undefined]]);
    expect(calls.wanted).toEqual({ newest: 500, after: { cluster: 2, id: 10 } });
    take([], 3);
    expect(calls.list).toEqual([]);
    expect(calls.wanted.after).toEqual({ cluster: 3, id: 0 });
  });

  it('keeps the latest five hundred', () => {
    take(Array.from({ length: 600 }, (_, index) => call(index + 1, 'ListContainers')));
    expect(calls.list).toHaveLength(500);
    expect(calls.list.at(-1)?.id).toBe(600);
  });
});
