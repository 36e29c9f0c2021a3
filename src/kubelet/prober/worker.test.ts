import { expect, it } from 'vitest';
import type { Clock } from '#base/clock.ts';
import type { Container, Pod } from '#kube/types.ts';
import type { Prober } from './prober.ts';
import { ResultsManager } from './results.ts';
import { ProbeWorker } from './worker.ts';

it.each([0, 0.5])('probes once a period on timers that fire %f ms early', async (early) => {
  let now = 0;
  const clock: Clock = {
    now: () => now,
    wallTime: () => now,
    schedule(milliseconds, callback) {
      now += Math.max(0, milliseconds - early);
      queueMicrotask(callback);
      return () => undefined;
    },
  };
  const times: number[] = [];
  const prober: Pick<Prober, 'probe'> = {
    probe: () => {
      times.push(now);
      if (times.length === 4) worker.stop();
      return Promise.resolve('success');
    },
  };
  const container: Container = { name: 'main' };
  const pod: Pod = { metadata: { uid: 'u' }, spec: { containers: [container] } };
  const worker = new ProbeWorker({
    kind: 'readiness',
    pod,
    container,
    probe: { periodSeconds: 1 },
    prober: prober as Prober,
    results: new ResultsManager(() => undefined),
    clock,
    random: () => 0,
    statusOf: () => ({
      containerStatuses: [
        {
          name: 'main',
          containerID: 'containerd://c',
          started: true,
          ready: false,
          restartCount: 0,
          image: '',
          imageID: '',
          state: { running: { startedAt: '1970-01-01T00:00:00Z' } },
        },
      ],
    }),
    restarted: false,
  });
  await worker.run();
  expect(times).toEqual([0, 1_000 - early, 2_000 - early, 3_000 - early]);
});
