import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '#base/trace-records.ts';
import { withRecords } from './cri-calls.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u' };

function call(id: number, method: string): TraceRecord {
  return { id, time: 5, kind: 'cri-call', service: 's', method, request: { id }, pod };
}

function answer(id: number, parent: number): TraceRecord {
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
