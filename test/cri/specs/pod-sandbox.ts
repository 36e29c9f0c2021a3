import { expect } from 'vitest';
import { PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriNode, execSync, podConfig, runPod, withPod } from '../cri.ts';
import { optionalMetrics, wantedMetrics } from './metric-names.ts';
import { type Spec, type SpecGroup, inPod } from './spec.ts';

async function listed(cri: CriNode, id: string): Promise<boolean> {
  const { items } = await cri.runtime.listPodSandbox({ filter: { id } });
  return items.some((item) => item.id === id);
}

async function stateOf(cri: CriNode, podSandboxId: string): Promise<PodSandboxState | undefined> {
  return (await cri.runtime.podSandboxStatus({ podSandboxId })).status?.state;
}

async function stop(cri: CriNode, podSandboxId: string): Promise<void> {
  await cri.runtime.stopPodSandbox({ podSandboxId });
  expect(await stateOf(cri, podSandboxId)).toBe(PodSandboxState.SANDBOX_NOTREADY);
}

const basicOperations: SpecGroup = {
  name: 'PodSandbox runtime should support basic operations on PodSandbox',
  specs: {
    'runtime should support running PodSandbox [Conformance]': inPod(async (cri, pod) => {
      expect(await stateOf(cri, pod.id)).toBe(PodSandboxState.SANDBOX_READY);
      expect(await listed(cri, pod.id)).toBe(true);
    }),

    'runtime should support stopping PodSandbox [Conformance]': inPod((cri, pod) =>
      stop(cri, pod.id),
    ),

    'runtime should support removing PodSandbox [Conformance]': inPod(async (cri, pod) => {
      await stop(cri, pod.id);
      await cri.runtime.removePodSandbox({ podSandboxId: pod.id });
      expect(await listed(cri, pod.id)).toBe(false);
    }),

    'runtime should support preserving PodSandbox attributes [Conformance]': async (cri) => {
      const metadata = { name: 'with-attributes', uid: 'a-uid', namespace: 'a-ns', attempt: 2 };
      const labels = {
        foo: 'bar',
        'io.kubernetes.pod.name': metadata.name,
        'io.kubernetes.pod.namespace': metadata.namespace,
        'io.kubernetes.pod.uid': metadata.uid,
      };
      const attributes = { metadata, labels, annotations: { abc: 'def' } };
      await withPod(cri, podConfig(attributes), async ({ id }) => {
        const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: id });
        expect(status).toMatchObject(attributes);
        const { items } = await cri.runtime.listPodSandbox({ filter: { id } });
        expect(items).toMatchObject([attributes]);
      });
    },
  },
};

const metrics: SpecGroup = {
  name: 'PodSandbox runtime should support metrics operations',
  specs: {
    'runtime should support returning metrics descriptors [Conformance]': async (cri) => {
      const { descriptors } = await cri.runtime.listMetricDescriptors({});
      for (const { name, help, labelKeys } of descriptors) {
        expect(help, name).not.toBe('');
        expect(labelKeys, name).not.toEqual([]);
      }
      const names = descriptors.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining([...wantedMetrics, ...optionalMetrics]));
    },

    'runtime should support listing pod sandbox metrics [Conformance]': inPod(async (cri, pod) => {
      const resources = {
        cpuPeriod: 100_000n,
        cpuQuota: 20_000n,
        cpuShares: 1024n,
        memoryLimitInBytes: 64n << 20n,
        memorySwapLimitInBytes: 64n << 20n,
      };
      const id = await pod.start({ command: ['top'], linux: { resources } });
      const { descriptors } = await cri.runtime.listMetricDescriptors({});
      const { podMetrics } = await cri.runtime.listPodSandboxMetrics({});
      const ours = podMetrics.find(({ podSandboxId }) => podSandboxId === pod.id);
      expect(ours?.containerMetrics.map(({ containerId }) => containerId)).toEqual([id]);
      const found = [
        ...(ours?.metrics ?? []),
        ...(ours?.containerMetrics.flatMap((container) => container.metrics) ?? []),
      ];
      expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining([...wantedMetrics]));
      for (const { name, labelValues } of found) {
        const descriptor = descriptors.find((candidate) => candidate.name === name);
        expect(labelValues.length, name).toBe(descriptor?.labelKeys.length);
      }
    }),
  },
};

/** In a container of a pod that has them, as the kernel shows them. */
const hasSysctl = (name: string, value: string): Spec =>
  inPod(
    async (cri, pod) => {
      const file = `/proc/sys/${name.replaceAll('.', '/')}`;
      const said = await execSync(cri, await pod.start(), ['cat', file], 30n);
      expect(said).toEqual({ stdout: `${value}\n`, stderr: '', exitCode: 0 });
    },
    { linux: { sysctls: { [name]: value } } },
  );

const sysctls: SpecGroup = {
  name: 'PodSandbox runtime should support sysctls',
  specs: {
    'should support safe sysctls': hasSysctl('kernel.shm_rmid_forced', '1'),
    'should support unsafe sysctls': hasSysctl('fs.mqueue.msg_max', '100'),
  },
};

export const podSandbox: readonly SpecGroup[] = [basicOperations, metrics, sysctls];

const unknownId = '3f9ac2f0-8f0e-4d3c-9d0e-0242ac120002';

export const idempotence: readonly SpecGroup[] = [
  {
    name: 'Idempotence StopPodSandbox',
    specs: {
      'should not return an error if not found': async (cri) => {
        await cri.runtime.stopPodSandbox({ podSandboxId: unknownId });
      },
      'should not return an error if already stopped': async (cri) => {
        const { id } = await runPod(cri);
        for (let i = 0; i < 2; i++) await stop(cri, id);
        await cri.runtime.removePodSandbox({ podSandboxId: id });
      },
    },
  },
  {
    name: 'Idempotence RemovePodSandbox',
    specs: {
      'should not return an error if not found': async (cri) => {
        await cri.runtime.removePodSandbox({ podSandboxId: unknownId });
      },
    },
  },
  {
    name: 'Idempotence StopContainer',
    specs: {
      'should not return an error if not found': async (cri) => {
        await cri.runtime.stopContainer({ containerId: unknownId, timeout: 0n });
      },
      'should not return an error if already stopped': inPod(async (cri, pod) => {
        const containerId = await pod.run('top');
        for (let i = 0; i < 2; i++) await cri.runtime.stopContainer({ containerId, timeout: 60n });
        for (let i = 0; i < 2; i++) await cri.runtime.removeContainer({ containerId });
      }),
    },
  },
  {
    name: 'Idempotence RemoveContainer',
    specs: {
      'should not return an error if not found': async (cri) => {
        await cri.runtime.removeContainer({ containerId: unknownId });
      },
    },
  },
  {
    name: 'Idempotence RemoveImage',
    specs: {
      'should not return an error if not found': async (cri) => {
        const image = { image: '0'.repeat(64) };
        for (let i = 0; i < 2; i++) await cri.image.removeImage({ image });
      },
    },
  },
];

export const runtimeInfo: readonly SpecGroup[] = [
  {
    name: 'Runtime info runtime should support returning runtime info',
    specs: {
      'runtime should return version info [Conformance]': async (cri) => {
        expect(await cri.runtime.version({ version: '0.1.0' })).toMatchObject({
          version: '0.1.0',
          runtimeName: expect.stringMatching(/./) as string,
          runtimeVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
          runtimeApiVersion: 'v1',
        });
      },
      'runtime should return runtime conditions [Conformance]': async (cri) => {
        const { status } = await cri.runtime.status({});
        expect(status?.conditions.map(({ type, status: ok }) => [type, ok])).toEqual([
          ['RuntimeReady', true],
          ['NetworkReady', true],
        ]);
      },
    },
  },
];
