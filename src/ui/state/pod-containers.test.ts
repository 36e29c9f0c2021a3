import { expect, test } from 'vitest';
import type { Pod } from '#kube/types.ts';
import { containersOf, endOfContainer } from './pod-containers.ts';

const image = { image: 'busybox:1.36', imageID: '', ready: false, restartCount: 0 };
const ended = { reason: 'OOMKilled', exitCode: 137, containerID: 'containerd://app-1' };

const pod: Pod = {
  metadata: { namespace: 'default', name: 'web', uid: 'u1' },
  spec: {
    initContainers: [
      { name: 'prepare', image: 'busybox:1.36' },
      { name: 'proxy', image: 'busybox:1.36', restartPolicy: 'Always' },
    ],
    containers: [
      { name: 'app', image: 'busybox:1.36' },
      { name: 'late', image: 'busybox:1.36' },
    ],
    ephemeralContainers: [{ name: 'debugger', image: 'busybox:1.36' }],
  },
  status: {
    initContainerStatuses: [
      {
        ...image,
        name: 'prepare',
        containerID: 'containerd://prepare',
        state: {
          terminated: { reason: 'Completed', exitCode: 0, containerID: 'containerd://prepare' },
        },
      },
      { ...image, name: 'proxy', containerID: 'containerd://proxy', state: { running: {} } },
    ],
    containerStatuses: [
      {
        ...image,
        name: 'app',
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: ended },
      },
    ],
  },
};

test('every container of a pod, in the order of its spec, with what the API says of it', () => {
  const place = { namespace: 'default', pod: 'web', podUid: 'u1' };
  expect(containersOf(pod)).toEqual([
    {
      ...place,
      name: 'prepare',
      role: 'init',
      state: 'ended',
      reason: 'Completed',
      id: 'containerd://prepare',
    },
    {
      ...place,
      name: 'proxy',
      role: 'sidecar',
      state: 'running',
      reason: undefined,
      id: 'containerd://proxy',
    },
    {
      ...place,
      name: 'app',
      role: 'main',
      state: 'waiting',
      reason: 'CrashLoopBackOff',
      id: 'containerd://app-1',
    },
    { ...place, name: 'late', role: 'main', state: 'waiting', reason: undefined, id: undefined },
    {
      ...place,
      name: 'debugger',
      role: 'ephemeral',
      state: 'waiting',
      reason: undefined,
      id: undefined,
    },
  ]);
  expect(containersOf({})).toEqual([]);
});

test('how a container has ended is known of this one and the one before, and of no other', () => {
  expect(endOfContainer(pod, 'containerd://app-1')).toEqual({
    reason: 'OOMKilled',
    exitCode: 137,
  });
  expect(endOfContainer(pod, 'containerd://proxy')).toBeUndefined();
  expect(endOfContainer(pod, 'containerd://app-0')).toBeUndefined();
});
