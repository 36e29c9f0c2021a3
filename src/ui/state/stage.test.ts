import { expect, test } from 'vitest';
import type { NodeStatus } from '#rpc/contracts.ts';
import { stageOf } from './stage.ts';

const loading = {
  kind: 'loading',
  source: 'snapshot',
  asset: 'node snapshot',
  loadedBytes: 3_200_000,
  totalBytes: 6_600_000,
  fromCache: false,
} satisfies NodeStatus;

test('loading counts bytes and says where they come from', () => {
  expect(stageOf(loading, 'node-1')).toEqual({
    kind: 'progress',
    title: 'Fetching node snapshot',
    detail: '3.2 of 6.6 MB',
    done: 3_200_000 / 6_600_000,
  });
  expect(stageOf({ ...loading, fromCache: true }, 'node-1')).toMatchObject({
    detail: '3.2 of 6.6 MB, from this browser’s cache',
  });
});

test('an unknown total has no measure', () => {
  expect(stageOf({ ...loading, totalBytes: 0 }, 'node-1')).toMatchObject({
    detail: '3.2 MB',
    done: undefined,
  });
});

test('a start says from what, unless only the agent has to start anew', () => {
  const starting = { kind: 'starting', source: 'snapshot' } as const;
  expect(stageOf(starting, 'node-1')).toMatchObject({
    title: 'Starting node-1',
    detail: 'from its snapshot',
  });
  const lost = { code: 'unavailable', message: 'The agent has ended.' } as const;
  expect(stageOf({ ...starting, lost }, 'node-1')).toMatchObject({
    title: 'Waiting for node-1’s agent',
    detail: 'The machine itself runs on.',
  });
});

test('a running machine leaves the terminals alone', () => {
  expect(stageOf({ kind: 'running', source: 'snapshot' }, 'node-1')).toEqual({ kind: 'none' });
});

test('a failed start can be retried, a failed machine restarted', () => {
  const failed = {
    kind: 'failed',
    failure: { code: 'internal', message: 'The kernel panicked.' },
    console: 'lines',
  } as const;
  expect(stageOf({ ...failed, during: 'loading' }, 'node-1')).toMatchObject({ primary: 'retry' });
  expect(stageOf({ ...failed, during: 'running' }, 'node-1')).toMatchObject({
    title: 'node-1 has stopped working',
    message: 'The kernel panicked.',
    console: 'lines',
    primary: 'restart',
  });
});
