import { expect } from 'vitest';
import { ContainerState, type ContainerStats } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, execSync, exited, stateOf } from '../cri.ts';
import { type SpecGroup, inPod } from './spec.ts';

async function listed(cri: CriNode, id: string): Promise<boolean> {
  const { containers } = await cri.runtime.listContainers({ filter: { id } });
  return containers.some((container) => container.id === id);
}

async function expectRemovable(cri: CriNode, containerId: string): Promise<void> {
  await cri.runtime.removeContainer({ containerId });
  expect(await listed(cri, containerId)).toBe(false);
}

async function stop(cri: CriNode, containerId: string): Promise<void> {
  await cri.runtime.stopContainer({ containerId, timeout: 60n });
  expect(await stateOf(cri, containerId)).toBe(ContainerState.CONTAINER_EXITED);
}

const idsOf = (stats: readonly ContainerStats[]) => stats.map(({ attributes }) => attributes?.id);

const basicOperations: SpecGroup = {
  name: 'Container runtime should support basic operations on container',
  specs: {
    'runtime should support creating container [Conformance]': inPod(async (cri, pod) => {
      const id = await pod.create({ command: ['top'] });
      expect(await listed(cri, id)).toBe(true);
      expect(await stateOf(cri, id)).toBe(ContainerState.CONTAINER_CREATED);
    }),

    'runtime should support preserving container attributes [Conformance]': inPod(
      async (cri, pod) => {
        const metadata = { name: 'container-with-attributes', attempt: 2 };
        const labels = {
          foo: 'bar',
          'io.kubernetes.container.name': metadata.name,
          'io.kubernetes.pod.name': 'fake-pod-name',
          'io.kubernetes.pod.namespace': 'fake-pod-namespace',
          'io.kubernetes.pod.uid': 'fake-pod-uid',
        };
        const annotations = { abc: 'def' };
        const id = await pod.create({ metadata, labels, annotations });
        const attributes = { metadata, labels, annotations };
        const { status } = await cri.runtime.containerStatus({ containerId: id });
        expect(status).toMatchObject(attributes);
        const { containers } = await cri.runtime.listContainers({ filter: { id } });
        expect(containers).toMatchObject([attributes]);
      },
    ),

    'runtime should support starting container [Conformance]': inPod(async (cri, pod) => {
      expect(await stateOf(cri, await pod.start())).toBe(ContainerState.CONTAINER_RUNNING);
    }),

    'runtime should support stopping container [Conformance]': inPod(async (cri, pod) => {
      await stop(cri, await pod.start());
    }),

    'runtime should support removing created container [Conformance]': inPod(async (cri, pod) => {
      await expectRemovable(cri, await pod.create({ command: ['sh', '-c', 'top'] }));
    }),

    'runtime should support removing running container [Conformance]': inPod(async (cri, pod) => {
      await expectRemovable(cri, await pod.run('top'));
    }),

    'runtime should support removing stopped container [Conformance]': inPod(async (cri, pod) => {
      const id = await pod.run('top');
      await stop(cri, id);
      await expectRemovable(cri, id);
    }),

    'runtime should support execSync [Conformance]': inPod(async (cri, pod) => {
      const id = await pod.start();
      const said = await execSync(cri, id, ['echo', '-n', 'hello'], 30n);
      expect(said).toEqual({ stdout: 'hello', stderr: '', exitCode: 0 });
    }),

    'runtime should support execSync with timeout [Conformance]': inPod(async (cri, pod) => {
      const id = await pod.start();
      await expect(execSync(cri, id, ['sleep', '4321'], 1n)).rejects.toMatchObject({ code: 4 });
      const left = await execSync(cri, id, ['sh', '-c', 'pgrep sleep || true'], 30n);
      expect(left).toEqual({ stdout: '', stderr: '', exitCode: 0 });
    }),

    'runtime should support listing container stats [Conformance]': inPod(async (cri, pod) => {
      const metadata = { name: 'container-for-stats', attempt: 2 };
      const id = await pod.start({ command: ['top'], metadata });
      const { stats } = await cri.runtime.containerStats({ containerId: id });
      expect(stats?.attributes).toMatchObject({ id, metadata });
      expect(stats?.cpu?.timestamp).toBeGreaterThan(0n);
      expect(stats?.memory?.timestamp).toBeGreaterThan(0n);
    }),

    'runtime should support listing stats for started containers [Conformance]': inPod(
      async (cri, pod) => {
        const [id] = [await pod.start(), await pod.start()];
        const { stats } = await cri.runtime.listContainerStats({ filter: { id } });
        expect(idsOf(stats)).toEqual([id]);
      },
    ),

    'runtime should support listing stats for started containers when filter is nil [Conformance]':
      inPod(async (cri, pod) => {
        const id = await pod.start();
        const { stats } = await cri.runtime.listContainerStats({});
        expect(idsOf(stats)).toContain(id);
      }),

    'runtime should support listing stats for three created containers when filter is nil. [Conformance]':
      inPod(async (cri, pod) => {
        const ids = [await pod.start(), await pod.start(), await pod.start()];
        const { stats } = await cri.runtime.listContainerStats({});
        expect(idsOf(stats)).toEqual(expect.arrayContaining(ids));
      }),

    'runtime should support listing stats for containers filtered by labels [Conformance]': inPod(
      async (cri, pod) => {
        const id = await pod.start({ command: ['top'], labels: { foo: 'bar' } });
        const idsWith = async (labelSelector: Record<string, string>) =>
          idsOf((await cri.runtime.listContainerStats({ filter: { labelSelector } })).stats);
        expect(await idsWith({ foo: 'bar' })).toContain(id);
        expect(await idsWith({ foo: 'baz' })).not.toContain(id);
      },
    ),
  },
};

/** A directory of the node with a file, as it is seen in a container at the same path. */
async function expectVolume(cri: CriNode, pod: Pod, hostPath: string): Promise<void> {
  const id = await pod.run('top', {
    mounts: [{ hostPath, containerPath: hostPath, selinuxRelabel: true }],
  });
  expect(await stateOf(cri, id)).toBe(ContainerState.CONTAINER_RUNNING);
  const said = await execSync(cri, id, ['ls', '-A', hostPath], 30n);
  expect(said).toEqual({ stdout: 'testVolume.file\n', stderr: '', exitCode: 0 });
}

const volumes: SpecGroup = {
  name: 'Container runtime should support adding volume and device',
  specs: {
    'runtime should support starting container with volume [Conformance]': inPod(
      async (cri, pod) => {
        const path = `/tmp/test${pod.id}`;
        await cri.shell(`mkdir ${path} && touch ${path}/testVolume.file`);
        await expectVolume(cri, pod, path);
      },
    ),

    'runtime should support starting container with volume when host path is a symlink [Conformance]':
      inPod(async (cri, pod) => {
        const path = `/tmp/test${pod.id}`;
        await cri.shell(
          `mkdir ${path} && touch ${path}/testVolume.file && ln -s ${path} ${path}-symlink`,
        );
        await expectVolume(cri, pod, `${path}-symlink`);
      }),
  },
};

const logs: SpecGroup = {
  name: 'Container runtime should support log',
  specs: {
    'runtime should support starting container with log [Conformance]': inPod(async (cri, pod) => {
      const id = await pod.start({ command: ['echo', 'hello World'] });
      await exited(cri, id);
      expect(await pod.log(id)).toEqual(['stdout F hello World']);
    }),

    'runtime should support reopening container log [Conformance]': inPod(async (cri, pod) => {
      const id = await pod.run('i=0; while true; do i=$((i+1)); echo $i; sleep 1; done');
      await pod.firstLine(id);
      const { status } = await cri.runtime.containerStatus({ containerId: id });
      const path = status?.logPath ?? '';
      await cri.shell(`mv ${path} ${path}.new`);
      await cri.runtime.reopenContainerLog({ containerId: id });
      const old = await cri.shell(`cat ${path}.new`);
      await pod.firstLine(id);
      // What came after is in the new file, nothing of it in the old one, and nothing is lost.
      expect(await cri.shell(`cat ${path}.new`)).toBe(old);
      const lines = (await cri.shell(`cat ${path}.new ${path}`)).trim().split('\n');
      expect(lines.map((line) => line.split(' ')[3])).toEqual(lines.map((_, i) => `${i + 1}`));
    }),
  },
};

export const container: readonly SpecGroup[] = [basicOperations, volumes, logs];
