import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import { RuntimeService } from '#kube/cri/api_pb.ts';
import { type ContainerStatus, type PodStatus, emptyPodStatus } from '#kubelet/container/types.ts';
import type { NodeFiles } from '#kubelet/ports.ts';
import { ContainerGc } from './container-gc.ts';

const { signal } = new AbortController();

function gcOf(removeContainer: (id: string) => Promise<void>) {
  const transport = createRouterTransport(({ service }) => {
    service(RuntimeService, {
      async removeContainer({ containerId }) {
        await removeContainer(containerId);
        return {};
      },
    });
  });
  return new ContainerGc({
    runtime: createClient(RuntimeService, transport),
    files: {} as NodeFiles,
    shouldContentBeRemoved: () => true,
  });
}

function podOf(...ids: string[]): PodStatus {
  const containers = ids.map((id) => ({ id, name: id, state: 'exited' }) as ContainerStatus);
  return { ...emptyPodStatus('uid'), containers };
}

it('removes a container once, however many passes want it gone', async () => {
  const asked: string[] = [];
  const first = new Deferred<void>();
  const answer = new Deferred<void>();
  const gc = gcOf(async (id) => {
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
  const gc = gcOf(() => Promise.reject(answers.shift() ?? new Error('asked once too often')));
  await expect(gc.collectPod(podOf('a'), undefined, signal)).rejects.toThrow('no space left');
  await gc.collectPod(podOf('a'), undefined, signal);
  expect(answers).toEqual([]);
});
