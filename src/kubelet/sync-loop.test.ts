import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  rig.stepper.runOn();
  await rig.stop();
});

const iterations = () =>
  rig.trace
    .history()
    .flatMap((record) =>
      record.kind === 'sync-loop' ? [`${record.source} ${record.operation}`] : [],
    );

describe('SyncLoop', () => {
  it('tells of each iteration with its source', async () => {
    rig.createPod();
    await rig.advance(4_000);
    const seen = new Set(iterations());
    for (const expected of [
      'config ADD',
      'config RECONCILE',
      'pleg ContainerStarted',
      'sync SYNC',
      'housekeeping HOUSEKEEPING',
    ]) {
      expect(seen).toContain(expected);
    }
  });

  it('is held at a source, takes in what comes meanwhile, and goes on when stepped', async () => {
    rig.stepper.setBreakpoints(['sync-loop/config']);
    rig.createPod();
    await rig.settle();
    expect(rig.stepper.held.map(({ point, details }) => [point, details])).toEqual([
      [
        'sync-loop/config',
        { operation: 'ADD', pods: [{ namespace: 'default', name: 'web', uid: 'pod-uid-1' }] },
      ],
    ]);
    expect(rig.clock.stopped).toBe(true);
    rig.createPod({}, 'other');
    await rig.advance(10_000);
    expect(rig.cri.callsOf('RunPodSandbox')).toEqual([]);
    rig.stepper.runOn();
    await rig.advance(2_000);
    expect(rig.cri.callsOf('RunPodSandbox').sort()).toEqual(['other', 'web']);
  });

  it('is not kept by a worker that waits', async () => {
    rig.cri.hold = (method, about) =>
      method === 'RunPodSandbox' && about === 'web' ? new Promise(() => undefined) : undefined;
    rig.createPod();
    await rig.advance(1_000);
    rig.createPod({}, 'other');
    await rig.advance(2_000);
    expect(rig.pod('other')?.status?.phase).toBe('Running');
    expect(rig.pod()?.status?.phase).toBe('Pending');
  });

  it('asks the runtime no more than it has to when nothing happens', async () => {
    rig.createPod();
    await rig.advance(5_000);
    rig.cri.calls.length = 0;
    await rig.advance(10_000);
    const count = (method: string) =>
      rig.cri.calls.filter((call) => call.startsWith(`${method} `)).length;
    expect(count('ListPodSandbox')).toBeLessThanOrEqual(11);
    expect(count('PodSandboxStatus')).toBe(0);
    // Where its log is, asked for once.
    expect(count('ContainerStatus')).toBeLessThanOrEqual(1);
    expect(count('Status')).toBe(2);
  });
});
