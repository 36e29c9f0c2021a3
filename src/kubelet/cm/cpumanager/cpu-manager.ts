import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { parseQuantity } from '#kube/quantity.ts';
import type { Container, Pod } from '#kube/types.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import type { InternalLifecycle } from '#kubelet/kuberuntime/container-starter.ts';
import type { Rejection } from '#kubelet/lifecycle/admission.ts';
import {
  allContainersOf,
  initContainersOf,
  isRestartableInitContainer,
  uidOf,
} from '#kubelet/pod-facts.ts';
import type { Cri, LogicalCpu, NodeFiles } from '#kubelet/ports.ts';
import { qosClassOf } from '#kubelet/cm/qos.ts';
import { requestOf } from '#kubelet/cm/resources.ts';
import { repeat } from '#kubelet/repeat.ts';
import { takeByTopology } from './cpu-assignment.ts';
import { CpuSet } from './cpuset.ts';
import { type CpuManagerState, readState, writeState } from './state.ts';

export interface CpuManagerOptions {
  files: NodeFiles;
  runtime: Cri['runtime'];
  policy: 'none' | 'static';
  /** A cpuset that pods never get for themselves. Without one, CPUs for as much as is reserved are chosen. */
  reserved: string;
  /** What the static policy keeps of the CPUs at least, as a quantity. */
  systemReserved: string;
  topology: () => readonly LogicalCpu[];
  activePods: () => readonly Pod[];
  statusOf: (uid: string) => PodStatus;
  clock: Clock;
  /** Told of pods whose containers have other CPUs than before. */
  onUpdate: (podUids: readonly string[]) => void;
  onError: (error: unknown) => void;
}

/** cpuManagerReconcilePeriod */
const reconcilePeriod = 10_000;

/**
 * Gives containers of guaranteed pods with whole CPUs CPUs of their own, and all others the rest
 * (pkg/kubelet/cm/cpumanager: cpu_manager.go, policy_static.go).
 */
export class CpuManager implements InternalLifecycle {
  readonly #options: CpuManagerOptions;
  #state: CpuManagerState = {
    policyName: 'none',
    defaultCpuSet: new CpuSet(),
    assignments: new Map(),
  };
  #reserved = new CpuSet();
  #writing: Promise<void> = Promise.resolve();
  /** What each container was last told, by id. */
  readonly #told = new Map<string, string>();

  constructor(options: CpuManagerOptions) {
    this.#options = options;
  }

  /** The CPUs that containers share. */
  get shared(): CpuSet {
    return this.#state.defaultCpuSet;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { files, policy } = this.#options;
    const before = await readState(files, signal);
    if (before && before.policyName !== policy) {
      throw new SandglassError(
        'failed-precondition',
        `could not restore state from checkpoint: configured policy "${policy}" differs from state checkpoint policy "${before.policyName}", please drain this node and delete the CPU manager checkpoint file "/var/lib/kubelet/cpu_manager_state" before restarting Kubelet`,
      );
    }
    const all = this.#allCpus();
    if (policy === 'static') this.#reserved = this.#reservedCpus(all);
    this.#state = before ?? {
      policyName: policy,
      defaultCpuSet: policy === 'static' ? all : new CpuSet(),
      assignments: new Map(),
    };
    if (policy === 'static') this.#validate(all);
    await writeState(files, this.#state);
  }

  /** Brings the shared CPUs of running containers up to date, for as long as the policy needs it. */
  async run(signal: AbortSignal): Promise<void> {
    const { policy, clock, onError } = this.#options;
    if (policy === 'none') return;
    await repeat({ clock, period: reconcilePeriod, signal, onError }, () => this.reconcile(signal));
  }

  /** Takes CPUs for each container that is to have its own (Allocate, asked at admission). */
  admit(pod: Pod): Rejection | undefined {
    if (this.#options.policy === 'none') return undefined;
    this.#forgetStale();
    const uid = uidOf(pod);
    try {
      // Init containers are gone before those that come after them begin (cpusToReuse).
      let reusable = new CpuSet();
      for (const container of allContainersOf(pod)) {
        const taken = this.#allocate(pod, container, reusable);
        reusable = passesOn(pod, container) ? reusable.union(taken) : reusable.difference(taken);
      }
      return undefined;
    } catch (error) {
      this.#release(uid);
      const why = error instanceof SandglassError ? error.message : String(error);
      return {
        reason: 'UnexpectedAdmissionError',
        message: `Allocate failed due to ${why}, which is unexpected`,
      };
    }
  }

  async preCreateContainer(pod: Pod, container: Container): Promise<string> {
    await this.#writing;
    return this.#cpusOf(uidOf(pod), container.name);
  }

  preStartContainer(pod: Pod, container: Container, id: string): Promise<void> {
    this.#told.set(id, this.#cpusOf(uidOf(pod), container.name));
    return Promise.resolve();
  }

  /** Tells running containers what CPUs they have now (reconcileState). */
  async reconcile(signal: AbortSignal): Promise<void> {
    this.#forgetStale();
    const running = new Set<string>();
    const changed = new Set<string>();
    for (const pod of this.#options.activePods()) {
      const uid = uidOf(pod);
      for (const { id, name, state } of this.#options.statusOf(uid).containers) {
        if (state !== 'running') continue;
        running.add(id);
        const cpusetCpus = this.#cpusOf(uid, name);
        if (cpusetCpus === '' || this.#told.get(id) === cpusetCpus) continue;
        await this.#options.runtime.updateContainerResources(
          { containerId: id, linux: { cpusetCpus } },
          { signal },
        );
        this.#told.set(id, cpusetCpus);
        changed.add(uid);
      }
    }
    for (const id of this.#told.keys()) if (!running.has(id)) this.#told.delete(id);
    if (changed.size > 0) this.#options.onUpdate([...changed]);
  }

  #cpusOf(uid: string, container: string): string {
    if (this.#options.policy === 'none') return '';
    return (
      this.#state.assignments.get(uid)?.get(container) ?? this.#state.defaultCpuSet
    ).toString();
  }

  /** The CPUs that the container has for itself; those that the pod may use again count as free. */
  #allocate(pod: Pod, container: Container, reusable: CpuSet): CpuSet {
    const count = exclusiveCpus(pod, container);
    const uid = uidOf(pod);
    const ofPod = this.#state.assignments.get(uid) ?? new Map<string, CpuSet>();
    const before = ofPod.get(container.name);
    if (count === 0 || before) return before ?? new CpuSet();
    const available = this.#state.defaultCpuSet.difference(this.#reserved).union(reusable);
    const taken = takeByTopology(this.#options.topology(), available, count);
    ofPod.set(container.name, taken);
    this.#state.assignments.set(uid, ofPod);
    this.#state.defaultCpuSet = this.#state.defaultCpuSet.difference(taken);
    this.#save();
    return taken;
  }

  #forgetStale(): void {
    const active = new Set(this.#options.activePods().map(uidOf));
    for (const uid of [...this.#state.assignments.keys()]) if (!active.has(uid)) this.#release(uid);
  }

  #release(uid: string): void {
    const ofPod = this.#state.assignments.get(uid);
    if (!ofPod) return;
    for (const cpus of ofPod.values())
      this.#state.defaultCpuSet = this.#state.defaultCpuSet.union(cpus);
    this.#state.assignments.delete(uid);
    this.#save();
  }

  /** In the order of the changes. */
  #save(): void {
    this.#writing = this.#writing
      .then(() => writeState(this.#options.files, this.#state))
      .catch(this.#options.onError);
  }

  #allCpus(): CpuSet {
    return new CpuSet(this.#options.topology().map(({ cpu }) => cpu));
  }

  /** cpu_manager.go, NewManager, and policy_static.go, NewStaticPolicy */
  #reservedCpus(all: CpuSet): CpuSet {
    const { reserved, systemReserved, topology } = this.#options;
    if (reserved !== '') return CpuSet.parse(reserved);
    const count = parseQuantity(systemReserved).value();
    if (count > 0) return takeByTopology(topology(), all, count);
    throw invalid(
      '[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero',
    );
  }

  /** policy_static.go, validateState */
  #validate(all: CpuSet): void {
    const { assignments, defaultCpuSet } = this.#state;
    if (!this.#reserved.isSubsetOf(defaultCpuSet)) {
      throw invalid(
        `not all reserved cpus: "${this.#reserved.toString()}" are present in defaultCpuSet: "${defaultCpuSet.toString()}"`,
      );
    }
    let known = defaultCpuSet;
    for (const [uid, containers] of assignments) {
      for (const [name, cpus] of containers) {
        if (cpus.intersection(defaultCpuSet).size > 0) {
          throw invalid(
            `pod: ${uid}, container: ${name} cpuset: "${cpus.toString()}" overlaps with default cpuset "${defaultCpuSet.toString()}"`,
          );
        }
        known = known.union(cpus);
      }
    }
    if (known.toString() !== all.toString()) {
      throw invalid(
        `current set of available CPUs "${all.toString()}" doesn't match with CPUs in state "${known.toString()}"`,
      );
    }
  }
}

function invalid(message: string): SandglassError {
  return new SandglassError('failed-precondition', message);
}

/** A sidecar runs beside what comes after it and keeps its CPUs (policy_static.go, updateCPUsToReuse). */
function passesOn(pod: Pod, container: Container): boolean {
  return initContainersOf(pod).includes(container) && !isRestartableInitContainer(container);
}

/** Whole CPUs of a guaranteed pod's container; none for any other (guaranteedCPUs). */
function exclusiveCpus(pod: Pod, container: Container): number {
  if (qosClassOf(pod) !== 'Guaranteed') return 0;
  const milli = requestOf(container, 'cpu').milliValue();
  return milli % 1000 === 0 ? milli / 1000 : 0;
}
