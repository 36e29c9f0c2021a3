import { afterEach, beforeEach, expect, it } from 'vitest';
import { podsRoot } from './pod-directories.ts';
import { failure } from './testing/fake-files.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(() => {
  rig = new KubeletRig();
});

afterEach(async () => {
  await rig.stop();
});

it('what cannot be removed of a pod that is no more keeps nothing else, and is tried again soon', async () => {
  const { files } = rig.node;
  for (const name of ['lost-1', 'lost-2']) files.put(`${podsRoot}/${name}/etc-hosts`, '');
  for (const name of ['lost-3', 'lost-4']) {
    files.put(`/sys/fs/cgroup/kubepods/pod${name}/cgroup.procs`, '');
  }
  const remove = files.remove.bind(files);
  const stuck = /lost-[13]$/;
  files.remove = (path, options) =>
    stuck.test(path) ? Promise.reject(failure('EBUSY', path)) : remove(path, options);
  const left = () => [
    ...files.names(podsRoot),
    ...files.names('/sys/fs/cgroup/kubepods').filter((name) => name.startsWith('pod')),
  ];
  await rig.start();
  await rig.advance(5_000);
  expect(left()).toEqual(['lost-1', 'podlost-3']);
  expect(rig.errors.map(({ message }) => message)).toEqual([
    `${podsRoot}/lost-1: EBUSY`,
    '/sys/fs/cgroup/kubepods/podlost-3: EBUSY',
  ]);
  files.remove = remove;
  await rig.advance(12_000);
  expect(left()).toEqual([]);
});
