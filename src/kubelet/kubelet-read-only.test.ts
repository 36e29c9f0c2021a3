import { afterEach, beforeEach, expect, it } from 'vitest';
import type { VolumeMount } from '#kube/types.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(() => {
  rig = new KubeletRig();
});

afterEach(async () => {
  await rig.stop();
});

async function start(mount: Partial<VolumeMount>, supported: boolean): Promise<void> {
  rig.cri.recursiveReadOnlyMounts = supported;
  await rig.start();
  rig.createPod({
    volumes: [{ name: 'data', emptyDir: {} }],
    containers: [
      {
        name: 'main',
        image: 'busybox:1.36',
        volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }],
      },
    ],
  });
  await rig.advance(3_000);
}

it.each<[Partial<VolumeMount>, boolean, boolean, string | undefined]>([
  [{ readOnly: true, recursiveReadOnly: 'Enabled' }, true, true, 'Enabled'],
  [{ readOnly: true, recursiveReadOnly: 'IfPossible' }, true, true, 'Enabled'],
  [{ readOnly: true, recursiveReadOnly: 'IfPossible' }, false, false, 'Disabled'],
  [{ readOnly: true, recursiveReadOnly: 'Disabled' }, true, false, 'Disabled'],
  [{ readOnly: true }, true, false, 'Disabled'],
  [{}, true, false, undefined],
])('%j on a runtime that can (%s) is recursive: %s', async (mount, supported, asked, told) => {
  await start(mount, supported);
  const made = rig.cri
    .container('main')
    .config.mounts.find(({ containerPath }) => containerPath === '/data');
  expect(made).toMatchObject({ readonly: mount.readOnly ?? false, recursiveReadOnly: asked });
  expect(rig.status()?.volumeMounts?.[0]?.recursiveReadOnly).toBe(told);
});

it('refuses to start what the runtime cannot give', async () => {
  await start({ readOnly: true, recursiveReadOnly: 'Enabled' }, false);
  expect(rig.cri.callsOf('CreateContainer')).toEqual([]);
  expect(rig.status()?.state?.waiting).toEqual({
    reason: 'CreateContainerConfigError',
    message:
      'failed to resolve recursive read-only mode: volume "data" requested recursive read-only mode, but it is not supported by the runtime',
  });
  expect(rig.status()?.volumeMounts?.[0]?.recursiveReadOnly).toBe('Disabled');
});
