import type { Clock } from '#base/clock.ts';
import type { OciCalls } from '#runtimes/oci-call.ts';

export interface KataCalls extends OciCalls {
  /** The cluster's clock: what the reader holds of the agent's calls takes no time of those who wait for them. */
  deadlines: Clock;
}

/** Milliseconds for what is told to end to have done so: the shim's own times for it are 8 s in all (kata-shim/run.c, vmm.c). */
export const endTime = 10_000;
