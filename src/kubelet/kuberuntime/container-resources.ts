import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LinuxContainerResourcesSchema } from '#kube/cri/api_pb.ts';
import type { Container, Pod } from '#kube/types.ts';
import { oomScoreAdjust } from '#kubelet/cm/qos.ts';
import {
  limitOf,
  milliCpuToQuota,
  milliCpuToShares,
  podLimit,
  podRequest,
  quotaPeriod,
  requestOf,
} from '#kubelet/cm/resources.ts';
import { quantityOf } from '#kube/quantity.ts';

type ResourcesInit = MessageInitShape<typeof LinuxContainerResourcesSchema>;

/** kuberuntime_container_linux.go, generateLinuxContainerResources, for cgroup v2 */
export function containerResources(
  pod: Pod,
  container: Container,
  memoryCapacity: number,
): ResourcesInit {
  const cpu = requestOf(container, 'cpu').milliValue();
  const cpuLimit = limitOf(container, 'cpu').milliValue();
  const memoryLimit = limitOf(container, 'memory').value();
  return {
    cpuShares: BigInt(milliCpuToShares(cpu)),
    cpuQuota: BigInt(milliCpuToQuota(cpuLimit)),
    cpuPeriod: BigInt(quotaPeriod),
    memoryLimitInBytes: BigInt(memoryLimit),
    oomScoreAdj: BigInt(oomScoreAdjust(pod, container, memoryCapacity)),
    // One process out of memory ends the container as a whole (singleProcessOOMKill false).
    unified: { 'memory.oom.group': '1' },
  };
}

/** Of the pod without its overhead, for runtimes that size a sandbox by it (kuberuntime_sandbox_linux.go). */
export function sandboxResources(pod: Pod): { overhead: ResourcesInit; resources: ResourcesInit } {
  const { overhead } = pod.spec ?? {};
  const bare: Pod = {
    ...pod,
    spec: { ...pod.spec, overhead: {}, containers: pod.spec?.containers ?? [] },
  };
  return {
    resources: {
      cpuShares: BigInt(milliCpuToShares(podRequest(bare, 'cpu').milliValue())),
      cpuPeriod: BigInt(quotaPeriod),
      cpuQuota: BigInt(milliCpuToQuota(podLimit(bare, 'cpu').milliValue())),
      memoryLimitInBytes: BigInt(podLimit(bare, 'memory').value()),
    },
    overhead: overhead
      ? {
          cpuShares: BigInt(milliCpuToShares(quantityOf(overhead, 'cpu').milliValue())),
          memoryLimitInBytes: BigInt(quantityOf(overhead, 'memory').value()),
        }
      : {},
  };
}
