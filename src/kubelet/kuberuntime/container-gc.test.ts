import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { RuntimeService } from '#kube/cri/api_pb.ts';
import { type ContainerStatus, type PodStatus, emptyPodStatus } from '#kubelet/container/types.ts';
import type { NodeFiles } from '#kubelet/ports.ts';
import { FakeCri } from '#kubelet/testing/fake-cri.ts';
import { failure } from '#kubelet/testing/fake-files.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { ContainerGc } from './container-gc.ts';
import { podUidLabel } from './labels.ts';

const { signal } = new AbortController();

function gcOf(removeContainer: (id: string) => Promise<void>) {
  const errors: unknown[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(RuntimeService, {
      async removeContainer({ containerId }) {
        await removeContainer(containerId);
        return {};
      },
    });
  });
  const gc = new ContainerGc({
    runtime: createClient(RuntimeService, transport),
    files: {} as NodeFiles,
    shouldContentBeRemoved: () => true,
    onError: (error) => errors.push(error),
  });
  return { gc, errors };
}

function podOf(...ids: string[]): PodStatus {
  const containers = ids.map((id) => ({ id, name: id, state: 'exited' }) as ContainerStatus);
  return { ...emptyPodStatus('uid'), containers };
}

it('removes a container once, however many passes want it gone', async () => {
  const asked: string[] = [];
  const first = new Deferred<void>();
  const answer = new Deferred<void>();
  const { gc } = gcOf(async (id) => {
    asked.push(id);
    first.resolve();
    if (id === 'a') await answer.promise;
  });
  const passes = [gc.collectPod(podOf('a', 'b'), undefined, signal)];
  await first.promise;
  passes.push(gc.collectPod(podOf('a'), undefined, signal));
  await passes[1];
  answer.resolve();
  await Promise.all(passes);
  expect(asked).toEqual(['a', 'b']);
});

it('tries a container again that could not be removed, and does not miss one that is gone', async () => {
  const answers = [
    new ConnectError('no space left on device', Code.Unknown),
    new ConnectError('gone', Code.NotFound),
  ];
  const { gc, errors } = gcOf(() =>
    Promise.reject(answers.shift() ?? new Error('asked once too often')),
  );
  expect(await gc.collectPod(podOf('a'), undefined, signal)).toBe(false);
  expect(errors.map(String)).toEqual(['ConnectError: [unknown] no space left on device']);
  expect(await gc.collectPod(podOf('a'), undefined, signal)).toBe(true);
  expect([answers, errors.length]).toEqual([[], 1]);
});

it('removes the others when one cannot be removed', async () => {
  const removed: string[] = [];
  const { gc, errors } = gcOf((id) => {
    if (id === 'stuck') return Promise.reject(new ConnectError('busy', Code.Unknown));
    removed.push(id);
    return Promise.resolve();
  });
  expect(await gc.collectPod(podOf('stuck', 'b', 'c'), undefined, signal)).toBe(false);
  expect([removed, errors.length]).toEqual([['b', 'c'], 1]);
});

it.each(['StopPodSandbox', 'RemovePodSandbox'])(
  'removes the other sandboxes when %s fails for one',
  async (method) => {
    const cri = new FakeCri(new ManualClock());
    for (const uid of ['a', 'b']) {
      await cri.clients.runtime.runPodSandbox({ config: { labels: { [podUidLabel]: uid } } });
    }
    cri.killSandboxes();
    cri.fail = (called, about) =>
      called === method && about === 'sandbox-1'
        ? new ConnectError('busy', Code.Unknown)
        : undefined;
    const errors: unknown[] = [];
    const gc = new ContainerGc({
      runtime: cri.clients.runtime,
      files: new FakeNode().files,
      shouldContentBeRemoved: () => true,
      onError: (error) => errors.push(error),
    });
    expect(await gc.collect(true, signal)).toBe(false);
    expect([[...cri.sandboxes.keys()], errors.length]).toEqual([['sandbox-1'], 1]);
    cri.fail = () => undefined;
    expect(await gc.collect(true, signal)).toBe(true);
    expect(cri.sandboxes.size).toBe(0);
  },
);

it('removes the other logs when one cannot be removed', async () => {
  const { files } = new FakeNode();
  for (const uid of ['a', 'b']) files.put(`/var/log/pods/default_web_${uid}/main/0.log`, '');
  await files.makeDirectory('/var/log/containers', { parents: true });
  for (const uid of ['a', 'b']) {
    await files.symlink(
      `/var/log/containers/web-${uid}.log`,
      `/var/log/pods/default_web_${uid}/0.log`,
    );
  }
  const remove = files.remove.bind(files);
  files.remove = (path, options) =>
    /a(\.log)?$/.test(path) ? Promise.reject(failure('EBUSY', path)) : remove(path, options);
  const errors: unknown[] = [];
  const gc = new ContainerGc({
    runtime: new FakeCri(new ManualClock()).clients.runtime,
    files,
    shouldContentBeRemoved: () => true,
    onError: (error) => errors.push(error),
  });
  expect(await gc.collect(true, signal)).toBe(false);
  expect(files.names('/var/log/pods')).toEqual(['default_web_a']);
  expect(files.names('/var/log/containers')).toEqual(['web-a.log']);
  expect(errors).toHaveLength(2);
});
