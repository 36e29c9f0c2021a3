import { SandglassError } from '#base/errors.ts';
import type { LogicalCpu } from '#kubelet/ports.ts';
import { CpuSet } from './cpuset.ts';

/**
 * Takes whole CPUs so that they lie near each other: whole NUMA nodes and sockets first, then whole
 * cores, then threads of cores that are in use already (pkg/kubelet/cm/cpumanager/cpu_assignment.go,
 * takeByTopologyNUMAPacked).
 */
export function takeByTopology(
  topology: readonly LogicalCpu[],
  available: CpuSet,
  count: number,
): CpuSet {
  if (available.size < count) {
    throw new SandglassError(
      'resource-exhausted',
      `not enough cpus available to satisfy request: requested=${count}, available=${available.size}`,
    );
  }
  const packing = new Packing(topology, available, count);
  packing.takeWhole(({ numaNode }) => numaNode);
  packing.takeWhole(({ socket }) => socket);
  packing.takeWhole(({ core }) => core);
  packing.takeThreads();
  return packing.taken;
}

class Packing {
  taken = new CpuSet();
  readonly #topology: readonly LogicalCpu[];
  #free: CpuSet;
  #needed: number;

  constructor(topology: readonly LogicalCpu[], available: CpuSet, count: number) {
    this.#topology = topology;
    this.#free = available;
    this.#needed = count;
  }

  /** Takes groups of which every CPU is free and needed. */
  takeWhole(groupOf: (cpu: LogicalCpu) => number): void {
    for (const group of this.#inOrder(groupOf)) {
      if (group.size > this.#needed || !group.isSubsetOf(this.#free)) continue;
      this.#take(group);
    }
  }

  /** What is still needed, from the fullest cores first. */
  takeThreads(): void {
    for (const cpu of this.#threads()) {
      if (this.#needed === 0) return;
      this.#take(new CpuSet([cpu]));
    }
  }

  /** Groups by number; cores also by how full their socket already is. */
  #inOrder(groupOf: (cpu: LogicalCpu) => number): CpuSet[] {
    const groups = new Map<number, LogicalCpu[]>();
    for (const cpu of this.#topology) {
      const group = groupOf(cpu);
      groups.set(group, [...(groups.get(group) ?? []), cpu]);
    }
    return [...groups]
      .sort(([a, inA], [b, inB]) => this.#socketFree(inA) - this.#socketFree(inB) || a - b)
      .map(([, cpus]) => new CpuSet(cpus.map(({ cpu }) => cpu)));
  }

  #threads(): number[] {
    const freeInCore = (core: number) =>
      this.#topology.filter((cpu) => cpu.core === core && this.#free.has(cpu.cpu)).length;
    return this.#topology
      .filter(({ cpu }) => this.#free.has(cpu))
      .sort(
        (a, b) =>
          this.#takenInSocket(b) - this.#takenInSocket(a) ||
          this.#socketFree([a]) - this.#socketFree([b]) ||
          freeInCore(a.core) - freeInCore(b.core) ||
          a.core - b.core ||
          a.cpu - b.cpu,
      )
      .map(({ cpu }) => cpu);
  }

  #socketFree([first]: readonly LogicalCpu[]): number {
    return this.#topology.filter((cpu) => cpu.socket === first?.socket && this.#free.has(cpu.cpu))
      .length;
  }

  #takenInSocket({ socket }: LogicalCpu): number {
    return this.#topology.filter((cpu) => cpu.socket === socket && this.taken.has(cpu.cpu)).length;
  }

  #take(cpus: CpuSet): void {
    this.taken = this.taken.union(cpus);
    this.#free = this.#free.difference(cpus);
    this.#needed -= cpus.size;
  }
}
