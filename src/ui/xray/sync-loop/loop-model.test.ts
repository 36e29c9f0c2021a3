import { beforeEach, expect, it } from 'vitest';
import { syncLoopSources } from '#base/trace-records.ts';
import { FakeTrace, tellPodStart } from '#ui/testing/fake-trace.ts';
import { LoopModel, aroundTheLoop } from './loop-model.ts';
import { layWheel } from './wheel-layout.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u1' };

let trace: FakeTrace;
let model: LoopModel;

beforeEach(() => {
  trace = new FakeTrace();
  model = new LoopModel();
});

function take(): void {
  model.begin();
  model.take(trace.batch().records);
}

it('all eight sources stand around the loop, each once', () => {
  expect([...aroundTheLoop].sort()).toEqual([...syncLoopSources].sort());
});

it('knows what came last through each source', () => {
  tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
  trace.tell(
    { kind: 'sync-loop', source: 'housekeeping', operation: 'HOUSEKEEPING', pods: [] },
    500,
  );
  take();
  expect(model.lastOf('config')).toMatchObject({ operation: 'ADD', pods: [pod] });
  expect(model.lastOf('housekeeping')?.operation).toBe('HOUSEKEEPING');
  expect(model.lastOf('liveness')).toBeUndefined();
  // What the clock brings is no news.
  expect(model.latest).toMatchObject({ source: 'pleg', operation: 'ContainerStarted' });
});

it('knows whose workers are at work, and how the last passes ended', () => {
  tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
  const busy = { ...pod, name: 'db', uid: 'u2' };
  trace.tell({ kind: 'pod-worker', phase: 'terminating', event: 'begin', pod: busy });
  take();
  expect(
    model.passes.map(({ pod: of, phase, milliseconds }) => [of.name, phase, milliseconds]),
  ).toEqual([
    ['db', 'terminating', undefined],
    ['web', 'sync', 14],
  ]);
  const parent = trace.batch().records.length;
  const error = { code: 'internal', message: 'It broke.' };
  const end = { kind: 'pod-worker', phase: 'terminating', event: 'end' } as const;
  trace.tell({ ...end, pod: busy, parent, milliseconds: 3, error });
  take();
  expect(model.passes[0]).toMatchObject({ milliseconds: 3, error: 'It broke.' });
});

it('has no worker for a pod that has been ended', () => {
  tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
  const end = (phase: 'terminating' | 'terminated', error?: { code: string; message: string }) => {
    const parent = trace.tell({ kind: 'pod-worker', phase, event: 'begin', pod });
    const outcome = { parent, milliseconds: 3, ...(error && { error }) };
    trace.tell({ kind: 'pod-worker', phase, event: 'end', pod, ...outcome });
    take();
  };
  end('terminating');
  end('terminated', { code: 'internal', message: 'The volume is busy.' });
  expect(model.passes).toMatchObject([{ phase: 'terminated', error: 'The volume is busy.' }]);
  end('terminated');
  expect(model.passes).toEqual([]);
});

it('knows what the managers did last, as far as the trace tells', () => {
  tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
  take();
  expect(model.deedOf('status-manager')?.title).toBe('PATCH pods/web/status');
  expect(model.deedOf('image-manager')?.title).toBe('PullImage');
  expect(model.deedOf('runtime-manager')?.title).toBe('StartContainer');
  model.begin();
  expect(model.deedOf('runtime-manager')).toBeUndefined();
});

it.each([320, 390, 640, 980])(
  'the words of a wheel of %d pixels stand apart, within it',
  (width) => {
    const { spokes, height, radius } = layWheel(width);
    for (const [index, spoke] of spokes.entries()) {
      expect(spoke.wordsX).toBeGreaterThan(0);
      expect(spoke.wordsX).toBeLessThan(width);
      expect(spoke.wordsY).toBeGreaterThan(0);
      expect(spoke.wordsY).toBeLessThan(height);
      for (const other of spokes.slice(index + 1)) {
        const isOnOneSide = other.side === spoke.side && spoke.side !== 'middle';
        if (isOnOneSide) expect(Math.abs(other.wordsY - spoke.wordsY)).toBeGreaterThanOrEqual(48);
      }
    }
    expect(radius * 2).toBeLessThan(width);
  },
);
