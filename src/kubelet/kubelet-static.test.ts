import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resources } from '#kube/resources.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

const manifest = (image: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: proxy\n  namespace: kube-system\nspec:\n  containers:\n  - name: main\n    image: ${image}\n`;

beforeEach(async () => {
  rig = new KubeletRig({ staticPodPath: '/etc/kubernetes/manifests' });
  rig.node.files.put('/etc/kubernetes/manifests/proxy.yaml', manifest('busybox:1.36'));
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
});

const mirror = () => rig.api.get(resources.pods, 'proxy-node-1', 'kube-system');

describe('a static pod', () => {
  it('runs, and is shown by a mirror with its status', async () => {
    await rig.advance(3_000);
    expect(rig.cri.callsOf('StartContainer')).toEqual(['main']);
    const pod = mirror();
    expect(pod?.metadata?.annotations).toMatchObject({
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.mirror': pod?.metadata?.annotations?.['kubernetes.io/config.hash'],
    });
    expect(pod?.metadata?.ownerReferences).toMatchObject([{ kind: 'Node', name: 'node-1' }]);
    await rig.advance(11_000);
    expect(mirror()?.status?.phase).toBe('Running');
  });

  it('ends with its file', async () => {
    await rig.advance(3_000);
    await rig.node.files.remove('/etc/kubernetes/manifests/proxy.yaml');
    rig.node.change();
    await rig.advance(6_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 30']);
    expect(mirror()).toBeUndefined();
  });

  it('is replaced when its file changes, and so is its mirror', async () => {
    rig.cri.images.set('busybox:1.37', { size: 1n });
    await rig.advance(3_000);
    const before = mirror()?.metadata?.uid;
    rig.node.files.put('/etc/kubernetes/manifests/proxy.yaml', manifest('busybox:1.37'));
    rig.node.change();
    await rig.advance(25_000);
    expect(rig.cri.container('main').config.image?.userSpecifiedImage).toBe('busybox:1.37');
    expect(rig.cri.callsOf('StopContainer')).toHaveLength(1);
    expect(mirror()?.metadata?.uid).not.toBe(before);
  });

  it('gets its mirror back when someone deletes it', async () => {
    await rig.advance(3_000);
    rig.api.remove(resources.pods, 'proxy-node-1', 'kube-system');
    await rig.advance(95_000);
    expect(mirror()).toBeDefined();
    expect(rig.cri.callsOf('StopContainer')).toEqual([]);
  });

  it('in a bad file is told, and keeps no other from running', async () => {
    rig.node.files.put('/etc/kubernetes/manifests/bad.yaml', 'kind: [');
    rig.node.files.put(
      '/etc/kubernetes/manifests/other.yaml',
      manifest('busybox:1.36').replace('proxy', 'other'),
    );
    rig.node.change();
    // The hash of a file comes from a thread of its own, in a time that is not the rig's.
    await vi.waitFor(
      async () => {
        await rig.advance(1_000);
        expect(rig.api.get(resources.pods, 'other-node-1', 'kube-system')).toBeDefined();
      },
      { timeout: 30_000 },
    );
    expect(rig.errors[0]?.message).toMatch(
      /^Can't process manifest file \/etc\/kubernetes\/manifests\/bad\.yaml: /,
    );
  });
});
