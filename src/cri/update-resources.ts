import { create } from '@bufbuild/protobuf';
import { SandglassError } from '#base/errors.ts';
import {
  ContainerState,
  type LinuxContainerResources,
  LinuxContainerResourcesSchema,
} from '#kube/cri/api_pb.ts';
import { type ContainerRecord, stateOf } from './container-record.ts';
import type { CriContext } from './context.ts';
import { resourcesOf } from './spec/resources.ts';

/** What is not given stays; one that does not run gets them when it starts. */
export async function updateResources(
  context: CriContext,
  container: ContainerRecord,
  wanted: LinuxContainerResources | undefined,
): Promise<void> {
  if (!wanted) return;
  if (container.busy === 'removing') {
    throw new SandglassError(
      'unknown',
      `failed to update resources: container "${container.id}" is in removing state`,
    );
  }
  const changes = resourcesOf(wanted);
  if (stateOf(container) === ContainerState.CONTAINER_RUNNING) {
    await container.task?.update(changes);
  }
  const { resources } = container.spec.linux;
  container.spec.linux.resources = {
    ...resources,
    ...changes,
    ...(changes.cpu && { cpu: { ...resources.cpu, ...changes.cpu } }),
    ...(changes.memory && { memory: { ...resources.memory, ...changes.memory } }),
  };
  noteInConfig(container, wanted);
  await context.containers.save(container);
}

/** ContainerStatus tells of them. */
function noteInConfig({ config }: ContainerRecord, wanted: LinuxContainerResources): void {
  if (!config.linux) return;
  const merged = config.linux.resources ?? create(LinuxContainerResourcesSchema);
  if (wanted.cpuPeriod !== 0n) merged.cpuPeriod = wanted.cpuPeriod;
  if (wanted.cpuQuota !== 0n) merged.cpuQuota = wanted.cpuQuota;
  if (wanted.cpuShares !== 0n) merged.cpuShares = wanted.cpuShares;
  if (wanted.memoryLimitInBytes !== 0n) merged.memoryLimitInBytes = wanted.memoryLimitInBytes;
  if (wanted.cpusetCpus !== '') merged.cpusetCpus = wanted.cpusetCpus;
  if (wanted.cpusetMems !== '') merged.cpusetMems = wanted.cpusetMems;
  config.linux.resources = merged;
}
