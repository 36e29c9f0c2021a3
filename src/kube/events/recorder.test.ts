import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { statusError } from '#kube/status.ts';
import type { Event } from '#kube/types.ts';
import { type EventSink, EventRecorder } from './recorder.ts';

it('writes two events of one moment under two names, whoever tells of them', async () => {
  const written = new Map<string, Event>();
  const errors: unknown[] = [];
  const sink: EventSink = {
    create: (event) => {
      const { name = '' } = event.metadata;
      if (written.has(name)) {
        const taken = { code: 409, reason: 'AlreadyExists', status: 'Failure' };
        return Promise.reject(statusError(taken));
      }
      written.set(name, event);
      return Promise.resolve(event);
    },
    patch: () => Promise.reject(new Error('Nothing repeats.')),
  };
  const clock = new ManualClock(1_000);
  const onError = (error: unknown) => errors.push(error);
  const recorderOf = (component: string) => new EventRecorder({ sink, clock, component, onError });
  const [one, other] = [recorderOf('kubelet'), recorderOf('node-controller')];
  one.node('n', 'Normal', 'Starting', 'Starting kubelet.');
  one.node('n', 'Normal', 'NodeReady', 'Ready.');
  other.node('n', 'Normal', 'RegisteredNode', 'Registered.');
  await Promise.all([one.flush(), other.flush()]);
  expect([...written.values()].map(({ reason }) => reason).sort()).toEqual([
    'NodeReady',
    'RegisteredNode',
    'Starting',
  ]);
  expect(errors).toEqual([]);
});
