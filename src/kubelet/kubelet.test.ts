import { afterEach, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

async function started(...options: ConstructorParameters<typeof KubeletRig>): Promise<KubeletRig> {
  rig = new KubeletRig(...options);
  await rig.start();
  return rig;
}

afterEach(async () => {
  await rig.stop();
});

describe('Kubelet', () => {
  it('runs a pod, and ends it when it is deleted', async () => {
    await started();
    rig.createPod();
    await rig.advance(1_200);
    expect(rig.errors).toEqual([]);
    expect(rig.pod()?.status?.phase).toBe('Running');
    expect(rig.condition('Ready')).toBe('True');
    expect(rig.pod()?.status?.podIP).toBe('10.88.0.1');
    expect(rig.events()).toEqual([
      'Normal Pulled Container image "busybox:1.36" already present on machine and can be accessed by the pod',
      'Normal Created Container created',
      'Normal Started Container started',
    ]);

    rig.deletePod();
    await rig.advance(3_000);
    expect(rig.pod()).toBeUndefined();
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 30']);
    await rig.advance(61_000);
    expect([rig.cri.sandboxes.size, rig.cri.containers.size]).toEqual([0, 0]);
    expect(rig.node.files.names('/var/lib/kubelet/pods')).toEqual([]);
    expect(rig.node.files.names('/var/log/pods')).toEqual([]);
    expect(rig.node.files.names('/sys/fs/cgroup/kubepods/besteffort')).not.toContain(
      'podpod-uid-1',
    );
    expect(rig.errors).toEqual([]);
  });

  it('tells that its node is ready as soon as it is', async () => {
    rig = new KubeletRig();
    rig.cri.networkReady = false;
    await rig.start();
    const ready = () =>
      rig.api
        .get(resources.nodes, 'node-1')
        ?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    await rig.advance(3_000);
    expect(ready()).toBe('False');
    // Two of a kubelet that starts, then one a second.
    expect(rig.cri.callsOf('Status').length).toBeLessThanOrEqual(2 + 4);
    rig.cri.networkReady = true;
    await rig.advance(1_200);
    expect(ready()).toBe('True');
    const asked = rig.cri.callsOf('Status').length;
    await rig.advance(5_000);
    expect(rig.cri.callsOf('Status').length - asked).toBeLessThanOrEqual(1);
  });
});
