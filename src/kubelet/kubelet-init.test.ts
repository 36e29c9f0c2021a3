import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Container } from '#kube/types.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
  expect(rig.errors).toEqual([]);
});

const image = 'busybox:1.36';
const first: Container = { name: 'first', image };
const second: Container = { name: 'second', image };
const sidecar: Container = { name: 'sidecar', image, restartPolicy: 'Always' };

describe('init containers', () => {
  it('run one after another before the others', async () => {
    rig.createPod({ initContainers: [first, second] });
    await rig.advance(2_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['first']);
    expect(rig.pod()?.status?.phase).toBe('Pending');
    expect(rig.status()?.state?.waiting?.reason).toBe('PodInitializing');
    expect(rig.condition('Initialized')).toBe('False');
    rig.cri.exit('first', 0);
    await rig.advance(2_500);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['first', 'second']);
    rig.cri.exit('second', 0);
    await rig.advance(2_500);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['first', 'second', 'main']);
    expect(rig.pod()?.status?.phase).toBe('Running');
    expect(rig.condition('Initialized')).toBe('True');
    expect(rig.status('first')?.state?.terminated?.reason).toBe('Completed');
  });

  it('that fail are tried again', async () => {
    rig.createPod({ initContainers: [first] });
    await rig.advance(2_000);
    rig.cri.exit('first', 1);
    await rig.advance(2_500);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['first', 'first']);
    expect(rig.pod()?.status?.phase).toBe('Pending');
  });

  it('that fail end a pod that is not to be restarted', async () => {
    rig.createPod({ initContainers: [first], restartPolicy: 'Never' });
    await rig.advance(2_000);
    rig.cri.exit('first', 1);
    await rig.advance(4_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['first']);
    expect(rig.pod()?.status?.phase).toBe('Failed');
  });
});

describe('sidecars', () => {
  it('run beside the others, and do not keep the pod alive', async () => {
    rig.createPod({ initContainers: [sidecar], restartPolicy: 'Never' });
    await rig.advance(4_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['sidecar', 'main']);
    expect(rig.pod()?.status?.phase).toBe('Running');
    rig.cri.exit('main', 0);
    await rig.advance(5_000);
    expect(rig.pod()?.status?.phase).toBe('Succeeded');
    expect(rig.cri.callsOf('StopContainer')).toEqual(['sidecar 30']);
  });

  it('are started again when they end', async () => {
    rig.createPod({ initContainers: [sidecar] });
    await rig.advance(4_000);
    rig.cri.exit('sidecar', 0);
    await rig.advance(3_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['sidecar', 'main', 'sidecar']);
  });

  it('hold back what follows until their startup probe succeeds', async () => {
    let up = false;
    rig.cri.exec = () => ({ exitCode: up ? 0 : 1 });
    const startupProbe = { exec: { command: ['ready'] }, periodSeconds: 1, failureThreshold: 100 };
    rig.createPod({ initContainers: [{ ...sidecar, startupProbe }] });
    await rig.advance(5_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['sidecar']);
    up = true;
    await rig.advance(4_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['sidecar', 'main']);
  });

  it('stop after the others, the last first', async () => {
    const other: Container = { ...sidecar, name: 'other' };
    rig.createPod({ initContainers: [sidecar, other] });
    await rig.advance(6_000);
    rig.deletePod();
    await rig.advance(4_000);
    expect(rig.cri.callsOf('StopContainer').map((call) => call.split(' ')[0])).toEqual([
      'main',
      'other',
      'sidecar',
    ]);
  });
});
