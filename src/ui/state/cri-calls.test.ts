import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '#base/trace-records.ts';
import { withRecords } from './cri-calls.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u' };

function call(id: number, method: string): TraceRecord {
  return { id, time: 5, kind: 'cri-call', service: 's', method, request: { id }, pod };
}

function answer(id: number, parent: number): Extract<TraceRecord, { kind: 'cri-return' }> {
  const kind = 'cri-return';
  return { id, time: 9, kind, service: 's', method: 'm', parent, milliseconds: 4, response: {} };
}

describe('the list of CRI calls', () => {
  it('joins an answer with its call, whichever batch it comes in', () => {
    const begun = withRecords([], [call(1, 'RunPodSandbox'), call(2, 'PullImage')]);
    expect(begun.map(({ method, subject, end }) => [method, subject, end])).toEqual([
      ['RunPodSandbox', 'web', undefined],
      ['PullImage', 'web', undefined],
    ]);
    const ended = withRecords(begun, [answer(3, 2), answer(4, 1)]);
    expect(ended.map(({ end }) => end?.milliseconds)).toEqual([4, 4]);
  });

  it('shows an answer that is the same as before, and keeps what happened longer', () => {
    const whole = { ...answer(2, 1), response: { containers: [] } };
    let calls = withRecords([], [call(1, 'ListContainers'), whole, call(3, 'RunPodSandbox')]);
    for (let id = 4; id < 2004; id += 2) {
      const { response: _, ...same } = answer(id + 1, id);
      calls = withRecords(calls, [call(id, 'ListContainers'), { ...same, unchangedSince: 2 }]);
    }
    expect(calls).toHaveLength(500);
    expect(calls.slice(0, 2).map(({ id }) => id)).toEqual([1, 3]);
    expect(calls.at(-1)).toMatchObject({
      id: 2002,
      end: { unchanged: true, response: { containers: [] } },
    });
  });

  it('says what is shown in part', () => {
    const cut = { ...answer(2, 1), shortened: { stdout: 5 } } as TraceRecord;
    expect(withRecords([], [call(1, 'ExecSync'), cut])[0]?.shortened).toEqual({ stdout: 5 });
  });

  it('says what failed', () => {
    const error = { code: '5', message: 'not found' };
    const record = { ...answer(2, 1), error };
    const calls = withRecords(withRecords([], [call(1, 'StartContainer')]), [record]);
    expect(calls[0]?.end?.error).toEqual(error);
  });

  it('begins anew with a new cluster', () => {
    const old = withRecords([], [call(1, 'Version'), call(7, 'RunPodSandbox')]);
    expect(withRecords(old, [call(1, 'Status')]).map(({ method }) => method)).toEqual(['Status']);
  });

  it('keeps the latest five hundred', () => {
    const records = Array.from({ length: 600 }, (_, index) => call(index + 1, 'ListContainers'));
    const calls = withRecords([], records);
    expect(calls).toHaveLength(500);
    expect(calls.at(-1)?.id).toBe(600);
  });
});
