import type { Pod } from '#kube/types.ts';
import { kubepods, podCgroup, qosCgroup } from './cgroup-names.ts';
import type { Cgroups } from './cgroups.ts';
import { type QosClass, qosClassOf } from './qos.ts';
import {
  milliCpuToQuota,
  milliCpuToShares,
  podLimit,
  podRequest,
  quotaPeriod,
  sharesToWeight,
} from './resources.ts';

const qosClasses: readonly QosClass[] = ['Guaranteed', 'Burstable', 'BestEffort'];

/** Of one pod's cgroup (pkg/kubelet/cm/helpers_linux.go, ResourceConfigForPod). */
export interface PodCgroupSettings {
  'cpu.weight': string;
  'cpu.max': string;
  'memory.max': string;
}

/** Of a new cgroup (Documentation/admin-guide/cgroup-v2.rst). */
const kernelDefaults: Readonly<PodCgroupSettings> = {
  'cpu.weight': '100',
  'cpu.max': 'max 100000',
  'memory.max': 'max',
};

export function podCgroupSettings(pod: Pod): PodCgroupSettings {
  const shares = milliCpuToShares(podRequest(pod, 'cpu').milliValue());
  const quota = milliCpuToQuota(podLimit(pod, 'cpu').milliValue());
  const memory = podLimit(pod, 'memory').value();
  const limited = qosClassOf(pod) !== 'BestEffort';
  return {
    'cpu.weight': String(sharesToWeight(shares)),
    'cpu.max': limited && quota > 0 ? `${quota} ${quotaPeriod}` : `max ${quotaPeriod}`,
    'memory.max': limited && memory > 0 ? String(memory) : 'max',
  };
}

/** The cgroups of QoS classes and pods (pkg/kubelet/cm: qos_container_manager_linux.go, pod_container_manager_linux.go). */
export class PodContainerManager {
  readonly #cgroups: Cgroups;
  readonly #podsOf: () => readonly Pod[];
  readonly #ensured = new Set<string>();
  #burstableWeight = '';

  /** `podsOf` tells the pods that are on the node, for what Burstable ones weigh together. */
  constructor(cgroups: Cgroups, podsOf: () => readonly Pod[]) {
    this.#cgroups = cgroups;
    this.#podsOf = podsOf;
  }

  /** Makes /kubepods with what the node can give to pods, and the QoS classes in it. */
  async start(
    allocatable: { milliCpu: number; memoryBytes: number },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#cgroups.delegate('', signal);
    await this.#cgroups.create(kubepods, signal);
    await this.#cgroups.delegate(kubepods, signal);
    const weight = sharesToWeight(milliCpuToShares(allocatable.milliCpu));
    await Promise.all([
      this.#cgroups.write(kubepods, 'cpu.weight', String(weight), signal),
      this.#cgroups.write(kubepods, 'memory.max', String(allocatable.memoryBytes), signal),
    ]);
    for (const qos of ['Burstable', 'BestEffort'] as const) {
      await this.#cgroups.create(qosCgroup(qos), signal);
      await this.#cgroups.delegate(qosCgroup(qos), signal);
    }
    await this.#cgroups.write(qosCgroup('BestEffort'), 'cpu.weight', '1', signal);
    await this.updateQos(signal);
  }

  async ensurePod(pod: Pod, signal: AbortSignal): Promise<void> {
    const name = podCgroup(pod);
    if (this.#ensured.has(name)) return;
    await this.#cgroups.create(name, signal);
    const settings = Object.entries(podCgroupSettings(pod)) as [keyof PodCgroupSettings, string][];
    // What the kernel gives by itself needs no round trip to the node.
    const wanted = settings.filter(([file, value]) => kernelDefaults[file] !== value);
    await Promise.all([
      this.#cgroups.delegate(name, signal),
      ...wanted.map(([file, value]) => this.#cgroups.write(name, file, value, signal)),
      this.updateQos(signal),
    ]);
    this.#ensured.add(name);
  }

  async destroyPod(pod: Pod, signal: AbortSignal): Promise<void> {
    await this.destroy(podCgroup(pod), signal);
    await this.updateQos(signal);
  }

  /** The cgroups of pods that are not to be kept (cleanupOrphanedPodCgroups). */
  async orphans(keep: (uid: string) => boolean, signal: AbortSignal): Promise<string[]> {
    const orphaned: string[] = [];
    for (const qos of qosClasses) {
      const parent = qosCgroup(qos);
      for (const child of await this.#cgroups.children(parent, signal)) {
        const uid = /^pod(.+)$/.exec(child)?.[1];
        if (uid !== undefined && !keep(uid)) orphaned.push(`${parent}/${child}`);
      }
    }
    return orphaned;
  }

  /** Burstable pods together weigh what they request together (setCPUCgroupConfig). */
  async updateQos(signal: AbortSignal): Promise<void> {
    const burstable = this.#podsOf().filter((pod) => qosClassOf(pod) === 'Burstable');
    const milli = burstable.reduce((sum, pod) => sum + podRequest(pod, 'cpu').milliValue(), 0);
    const weight = String(sharesToWeight(milliCpuToShares(milli)));
    if (weight === this.#burstableWeight) return;
    await this.#cgroups.write(qosCgroup('Burstable'), 'cpu.weight', weight, signal);
    this.#burstableWeight = weight;
  }

  /** Of one pod, by its cgroup's name. */
  async destroy(name: string, signal: AbortSignal): Promise<void> {
    this.#ensured.delete(name);
    await this.#cgroups.destroy(name, signal);
  }
}
