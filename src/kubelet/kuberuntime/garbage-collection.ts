import type { Clock } from '#base/clock.ts';
import type { PodStatus } from '#kubelet/container/types.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { grpcErrorText } from '#kubelet/grpc-errors.ts';
import { Pause, isOver } from '#kubelet/repeat.ts';
import type { ContainerGc } from './container-gc.ts';

/** pkg/kubelet/kubelet.go, ContainerGCPeriod */
export const gcPeriod = 60_000;
/** What could not be removed takes room on a small node: it is tried again sooner. */
export const gcRetryPeriod = 10_000;

export interface GarbageCollectionOptions {
  gc: ContainerGc;
  clock: Clock;
  nodeName: string;
  recorder: EventRecorder;
  /** Whether a pod that is not known is not wanted. */
  sourcesReady: () => boolean;
  onError: (error: unknown) => void;
}

/** Once a minute, and sooner when something is there to be removed (pkg/kubelet/kubelet.go, StartGarbageCollection). */
export class GarbageCollection {
  readonly #options: GarbageCollectionOptions;
  readonly #pause = new Pause();
  #hurried = false;
  #cancelRetry: (() => void) | undefined;
  #signal = new AbortController().signal;

  constructor(options: GarbageCollectionOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    try {
      for (;;) {
        if (!this.#hurried) await this.#pause.wait(this.#options.clock, gcPeriod, signal);
        if (isOver(signal)) return;
        this.#hurried = false;
        await this.#collect(signal);
      }
    } finally {
      this.#cancelRetry?.();
    }
  }

  /** A pod is gone: what it left is removed now. */
  hurry(): void {
    this.#hurried = true;
    this.#pause.cutShort();
  }

  /** A container has ended: what that makes superfluous is removed beside the loop. */
  afterDeath(status: PodStatus, containerId: string | undefined): void {
    const signal = this.#signal;
    void this.#options.gc.collectPod(status, containerId, signal).then(
      (wentWell) => {
        if (!wentWell) this.#retrySoon();
      },
      (error: unknown) => {
        if (!signal.aborted) this.#options.onError(error);
      },
    );
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const { gc, sourcesReady, recorder, nodeName, onError } = this.#options;
    try {
      if (!(await gc.collect(sourcesReady(), signal))) this.#retrySoon();
    } catch (error) {
      if (isOver(signal)) return;
      recorder.node(nodeName, 'Warning', reasons.containerGcFailed, grpcErrorText(error));
      onError(error);
      this.#retrySoon();
    }
  }

  #retrySoon(): void {
    this.#cancelRetry ??= this.#options.clock.schedule(gcRetryPeriod, () => {
      this.#cancelRetry = undefined;
      this.hurry();
    });
  }
}
