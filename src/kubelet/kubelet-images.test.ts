import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

function createPod(image: string, imagePullPolicy?: string): void {
  rig.createPod({
    containers: [
      { name: 'main', image, ...(imagePullPolicy !== undefined && { imagePullPolicy }) },
    ],
  });
}

describe('images', () => {
  it('that are missing are pulled', async () => {
    rig.cri.registry.add('nginx:1.27');
    createPod('nginx:1.27');
    await rig.advance(2_000);
    expect(rig.events().slice(0, 2)).toEqual([
      'Normal Pulling Pulling image "nginx:1.27"',
      'Normal Pulled Successfully pulled image "nginx:1.27" in 0s (0s including waiting). Image size: 1000 bytes.',
    ]);
    expect(rig.pod()?.status?.phase).toBe('Running');
  });

  it('that cannot be pulled end in ErrImagePull, then ImagePullBackOff, and are tried again after 10 s and 20 s', async () => {
    createPod('nginx:1.27');
    await rig.advance(300);
    const failure =
      'rpc error: code = NotFound desc = failed to resolve reference "nginx:1.27": not found';
    expect(rig.status()?.state?.waiting).toEqual({ reason: 'ErrImagePull', message: failure });
    expect(rig.events()).toEqual([
      'Normal Pulling Pulling image "nginx:1.27"',
      `Warning Failed Failed to pull image "nginx:1.27": ${failure}`,
      'Warning Failed Error: ErrImagePull',
      'Normal BackOff Back-off pulling image "nginx:1.27"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
    expect(rig.cri.callsOf('PullImage')).toHaveLength(1);
    await rig.advance(11_000);
    expect(rig.cri.callsOf('PullImage')).toHaveLength(2);
    expect(rig.status()?.state?.waiting).toEqual({
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "nginx:1.27": ErrImagePull: ${failure}`,
    });
    await rig.advance(18_000);
    expect(rig.cri.callsOf('PullImage')).toHaveLength(2);
    rig.cri.registry.add('nginx:1.27');
    await rig.advance(10_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
  });

  it('are never pulled with policy Never', async () => {
    createPod('nginx:1.27', 'Never');
    await rig.advance(2_000);
    expect(rig.status()?.state?.waiting).toEqual({
      reason: 'ErrImageNeverPull',
      message: 'Container image "nginx:1.27" is not present with pull policy of Never',
    });
    expect(rig.cri.callsOf('PullImage')).toEqual([]);
  });

  it('are always pulled with policy Always', async () => {
    rig.cri.registry.add('busybox:1.36');
    createPod('busybox:1.36', 'Always');
    await rig.advance(2_000);
    expect(rig.cri.callsOf('PullImage')).toEqual(['busybox:1.36']);
  });

  it('with a bad name are refused', async () => {
    createPod('Nginx:1.27');
    await rig.advance(2_000);
    expect(rig.status()?.state?.waiting?.reason).toBe('InvalidImageName');
    expect(rig.events()).toEqual([
      `Warning InspectFailed Failed to apply default image tag "Nginx:1.27": couldn't parse image name "Nginx:1.27": invalid reference format: repository name (library/Nginx) must be lowercase (x2)`,
      'Warning Failed Error: InvalidImageName (x2)',
    ]);
  });

  it('that run as root are refused to a pod that must not', async () => {
    rig.createPod({ securityContext: { runAsNonRoot: true } });
    await rig.advance(2_000);
    expect(rig.status()?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message:
        'container has runAsNonRoot and image will run as root (pod: "web_default(pod-uid-1)", container: main)',
    });
  });
});
