import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileKeySelector } from '#kube/types.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

const volume = '/var/lib/kubelet/pods/pod-uid-1/volumes/kubernetes.io~empty-dir/data';

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
});

/** A pod whose init container runs until `write` has left what it leaves. */
async function runPod(
  selector: Partial<FileKeySelector>,
  write: () => void | Promise<void>,
): Promise<void> {
  const fileKeyRef = { volumeName: 'data', path: 'config.env', key: 'ADDRESS', ...selector };
  const image = 'busybox:1.36';
  rig.createPod({
    volumes: [{ name: 'data', emptyDir: {} }],
    initContainers: [
      { name: 'setup', image, volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    ],
    containers: [{ name: 'main', image, env: [{ name: 'DB_ADDRESS', valueFrom: { fileKeyRef } }] }],
  });
  await rig.advance(2_000);
  await write();
  rig.cri.exit('setup', 0);
  await rig.advance(4_000);
}

const put = (text: string) => () => rig.node.files.put(`${volume}/config.env`, text);

function environment(): Record<string, string> {
  const { envs } = rig.cri.container('main').config;
  return Object.fromEntries(envs.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
}

describe('a variable out of a file', () => {
  it('has what an init container has written', async () => {
    await runPod({}, put("PORT='1'\nADDRESS='db.example.org'\n"));
    expect(environment()).toEqual({ DB_ADDRESS: 'db.example.org' });
  });

  it.each<[Partial<FileKeySelector>, () => void | Promise<void>]>([
    [{ optional: true }, () => undefined],
    [{ optional: true }, put("PORT='1'")],
  ])('is left out when it may be (%j)', async (selector, write) => {
    await runPod(selector, write);
    expect(environment()).toEqual({});
  });

  it.each<[string, Partial<FileKeySelector>, () => void | Promise<void>, string]>([
    [
      'no file',
      {},
      () => undefined,
      'couldn\'t read environment variable file "config.env" of volume "data": no such file or directory: "config.env"',
    ],
    [
      'no such key',
      {},
      put("PORT='1'"),
      'couldn\'t find key ADDRESS in file "config.env" of volume "data"',
    ],
    [
      'a file that is none',
      { optional: true },
      put('ADDRESS=bare'),
      'invalid environment variable format at line 1',
    ],
    [
      'a way out of the volume',
      {},
      () => rig.node.files.symlink(`${volume}/config.env`, '/etc/resolv.conf'),
      'couldn\'t read environment variable file "config.env" of volume "data": subpath "config.env" not within volume path',
    ],
    [
      'a directory',
      {},
      () => rig.node.files.makeDirectory(`${volume}/config.env`),
      'it is not a regular file of at most 1048576 bytes',
    ],
    ['an endless file', {}, put('#'.repeat((1 << 20) + 1)), 'it is not a regular file'],
  ])('keeps the container from starting with %s', async (_what, selector, write, message) => {
    await runPod(selector, write);
    expect(rig.cri.callsOf('CreateContainer')).toEqual(['setup']);
    expect(rig.status()?.state?.waiting?.reason).toBe('CreateContainerConfigError');
    expect(rig.status()?.state?.waiting?.message).toContain(message);
  });
});
