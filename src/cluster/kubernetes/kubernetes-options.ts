import type { Store } from '#apiserver/storage/store.ts';
import type { Clock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import type { VirtualMachines } from '#runtimes/ports.ts';
import type { Faults } from './faults.ts';

export interface KubernetesOptions {
  agent: AgentClient;
  /** The images that can be pulled. */
  registry: RegistryFiles;
  /** The machine's; the cluster's own runs with it and can be stopped. */
  clock: Clock;
  nodeName: string;
  /** Of an earlier life: the API's objects. */
  store?: Store;
  /** What the reader breaks. */
  faults?: Faults;
  /** Where pods that are virtual machines get theirs; without it there is no handler for them. */
  virtualMachines?: VirtualMachines;
  /** Without one, the CRI is left to its clients alone. */
  kubelet?: boolean;
  /** Where the CRI's streaming server is reached from outside this thread, asked for when the CRI begins. */
  streamingUrl?: () => URL | undefined;
  /** Told of what goes wrong in the background and is tried again. */
  onError: (error: SandglassError) => void;
}
