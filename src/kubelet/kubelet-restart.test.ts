import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
});

describe('a kubelet that starts again', () => {
  it('leaves what runs alone, and knows its restarts', async () => {
    const readinessProbe = { exec: { command: ['ready'] }, periodSeconds: 5 };
    rig.createPod({ containers: [{ name: 'main', image: 'busybox:1.36', readinessProbe }] });
    await rig.advance(8_000);
    rig.cri.exit('main', 1);
    await rig.advance(8_000);
    expect(rig.condition('Ready')).toBe('True');
    const starts = rig.cri.callsOf('StartContainer').length;
    await rig.restart();
    await rig.advance(5_000);
    expect(rig.cri.callsOf('StartContainer')).toHaveLength(starts);
    expect(rig.cri.callsOf('RunPodSandbox')).toHaveLength(1);
    expect(rig.status()?.restartCount).toBe(1);
    expect(rig.condition('Ready')).toBe('True');
    rig.cri.exit('main', 1);
    await rig.advance(3_000);
    expect(rig.status()?.restartCount).toBe(2);
  });

  it('ends pods that were deleted meanwhile', async () => {
    rig.createPod();
    await rig.advance(3_000);
    await rig.stop();
    rig.api.remove(resources.pods, 'web', 'default');
    await rig.restart();
    await rig.advance(10_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 2']);
    await rig.advance(65_000);
    expect([rig.cri.sandboxes.size, rig.cri.containers.size]).toEqual([0, 0]);
    expect(rig.node.files.names('/var/lib/kubelet/pods')).toEqual([]);
    expect(rig.node.files.names('/sys/fs/cgroup/kubepods/besteffort')).not.toContain(
      'podpod-uid-1',
    );
  });

  it('does not fail pods that ran before the node changed, but refuses new ones', async () => {
    rig.createPod({ nodeSelector: { 'kubernetes.io/os': 'linux' } });
    await rig.advance(3_000);
    await rig.stop();
    const node = rig.api.get(resources.nodes, 'node-1');
    const taints = [{ key: 'disk', effect: 'NoExecute' }];
    const spec = { ...node?.spec, taints };
    if (node) rig.api.put(resources.nodes, { ...node, spec });
    await rig.restart();
    rig.createPod({}, 'late');
    await rig.advance(25_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
    expect(rig.pod('late')?.status).toMatchObject({ phase: 'Failed', reason: 'TaintToleration' });
  });

  it('goes on with a deletion', async () => {
    rig.createPod();
    await rig.advance(3_000);
    await rig.stop();
    rig.deletePod();
    await rig.restart();
    await rig.advance(5_000);
    expect(rig.pod()).toBeUndefined();
  });

  it('does not run again what has ended', async () => {
    rig.createPod({ restartPolicy: 'Never' });
    await rig.advance(3_000);
    rig.cri.exit('main', 0);
    await rig.advance(5_000);
    await rig.restart();
    await rig.advance(5_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['main']);
    expect(rig.pod()?.status?.phase).toBe('Succeeded');
    rig.deletePod();
    await rig.advance(15_000);
    expect(rig.pod()).toBeUndefined();
  });

  it.each([
    'RunPodSandbox',
    'PodSandboxStatus',
    'ImageStatus',
    'CreateContainer',
    'StartContainer',
    'StopContainer',
    'StopPodSandbox',
  ])('in the middle of %s brings the pod to its end all the same', async (method) => {
    const seen = { held: false };
    rig.cri.hold = (called) => {
      if (called !== method || seen.held) return undefined;
      seen.held = true;
      return new Promise(() => undefined);
    };
    rig.createPod();
    await rig.advance(2_000);
    if (!seen.held) {
      rig.deletePod();
      await rig.advance(2_000);
    }
    expect(seen.held).toBe(true);
    await rig.restart();
    await rig.advance(16_000);
    const left = rig.pod();
    if (left && left.metadata?.deletionTimestamp === undefined) {
      expect(left.status?.phase).toBe('Running');
      rig.deletePod();
      await rig.advance(10_000);
    }
    expect(rig.pod()).toBeUndefined();
    await rig.advance(65_000);
    expect([rig.cri.sandboxes.size, rig.cri.containers.size]).toEqual([0, 0]);
  });
});

describe('the node', () => {
  it('is registered with what it is and can', () => {
    const node = rig.api.get(resources.nodes, 'node-1');
    expect(node?.metadata?.labels).toMatchObject({
      'kubernetes.io/hostname': 'node-1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': '386',
    });
    expect(node?.status).toMatchObject({
      capacity: { cpu: '1', memory: '262144Ki', pods: '110' },
      nodeInfo: {
        kubeletVersion: 'v1.36.0',
        containerRuntimeVersion: 'fake://1.0',
        bootID: 'boot',
      },
      images: [{ names: ['busybox:1.36'], sizeBytes: 1000 }],
    });
    const reasons = rig.api
      .list(resources.events)
      .filter(({ involvedObject }) => involvedObject.kind === 'Node')
      .map(({ reason }) => reason);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'Starting',
        'NodeHasSufficientMemory',
        'NodeReady',
        'NodeAllocatableEnforced',
      ]),
    );
  });

  it('renews its lease every ten seconds, its status only when it changes', async () => {
    const lease = () => rig.api.get(resources.leases, 'node-1', 'kube-node-lease')?.spec;
    const writes = () =>
      rig.api.requests.filter((request) => request.endsWith('/nodes/node-1/status')).length;
    const before = { renewTime: lease()?.renewTime, writes: writes() };
    await rig.advance(30_000);
    expect(lease()).toMatchObject({ holderIdentity: 'node-1', leaseDurationSeconds: 40 });
    expect(lease()?.renewTime).not.toBe(before.renewTime);
    expect(writes()).toBe(before.writes);
    rig.cri.images.set('nginx:1.27', { size: 5n });
    await rig.advance(10_000);
    expect(writes()).toBe(before.writes + 1);
    await rig.advance(300_000);
    expect(writes()).toBe(before.writes + 2);
  });

  it('tells when it was started anew', async () => {
    await rig.stop();
    rig.node.nodeFacts = { ...rig.node.nodeFacts, bootId: 'other' };
    await rig.restart();
    const events = rig.api
      .list(resources.events)
      .map(({ reason, message }) => `${reason} ${message}`);
    expect(events).toContain('Rebooted Node node-1 has been rebooted, boot id: other');
  });
});
