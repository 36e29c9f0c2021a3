import type { Clock } from '#base/clock.ts';
import type { RuntimeHandler } from '#kube/cri/api_pb.ts';
import { grpcErrorText } from './grpc-errors.ts';
import type { Cri } from './ports.ts';
import { repeat } from './repeat.ts';

/** pkg/kubelet/kubelet.go */
const updatePeriod = 5_000;
const downThreshold = 30_000;

/** Whether the runtime works, as it says itself (pkg/kubelet/runtime.go and kubelet.go, updateRuntimeUp). */
export class RuntimeState {
  readonly #runtime: Cri['runtime'];
  readonly #clock: Clock;
  readonly #plegUnhealthy: () => string | undefined;
  readonly #onError: (error: unknown) => void;
  #lastUp: number | undefined;
  #statusError: string | undefined;
  #networkError: string | undefined = 'container runtime status check may not have completed yet';
  #handlers: readonly RuntimeHandler[] = [];
  #version = { name: '', version: '' };

  constructor(options: {
    runtime: Cri['runtime'];
    clock: Clock;
    plegUnhealthy: () => string | undefined;
    onError: (error: unknown) => void;
  }) {
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#plegUnhealthy = options.plegUnhealthy;
    this.#onError = options.onError;
  }

  get handlers(): readonly RuntimeHandler[] {
    return this.#handlers;
  }

  get runtimeName(): string {
    return this.#version.name;
  }

  /** As a node's status shows it: containerd://2.1.0. */
  get runtimeVersion(): string {
    return `${this.#version.name}://${this.#version.version}`;
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { clock: this.#clock, period: updatePeriod, signal, onError: this.#onError };
    await repeat(options, () => this.update(signal));
  }

  async update(signal: AbortSignal): Promise<void> {
    try {
      if (this.#version.name === '') {
        const { runtimeName, runtimeVersion } = await this.#runtime.version({}, { signal });
        this.#version = { name: runtimeName, version: runtimeVersion };
      }
      const { status, runtimeHandlers } = await this.#runtime.status({}, { signal });
      this.#handlers = runtimeHandlers;
      this.#networkError = conditionError(
        status?.conditions,
        'NetworkReady',
        'container runtime network not ready',
      );
      this.#statusError = conditionError(
        status?.conditions,
        'RuntimeReady',
        'container runtime not ready',
      );
      if (this.#statusError === undefined) this.#lastUp = this.#clock.now();
    } catch (error) {
      if (signal.aborted) return;
      this.#statusError = `container runtime status check failed: ${grpcErrorText(error)}`;
      this.#onError(error);
    }
  }

  /** Why pods cannot have networks; undefined if they can. */
  networkErrors(): string | undefined {
    return this.#networkError;
  }

  /** Why the loop has to wait; undefined if it need not. */
  runtimeErrors(): string | undefined {
    const errors: string[] = [];
    if (this.#lastUp === undefined) {
      errors.push(this.#statusError ?? 'container runtime status check may not have completed yet');
    } else if (this.#clock.now() - this.#lastUp > downThreshold) {
      errors.push('container runtime is down');
    }
    const pleg = this.#plegUnhealthy();
    if (pleg !== undefined) errors.push(`PLEG is not healthy: ${pleg}`);
    return errors.length === 0 ? undefined : aggregate(errors);
  }

  /** Why the node is not ready; undefined if it is. */
  notReadyBecause(): string | undefined {
    const errors = [this.runtimeErrors(), this.networkErrors()].filter(
      (error) => error !== undefined,
    );
    return errors.length === 0 ? undefined : aggregate(errors);
  }
}

/** As Go prints several errors (apimachinery, util/errors.Aggregate). */
function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}

interface Condition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}

function conditionError(
  conditions: readonly Condition[] | undefined,
  wanted: string,
  what: string,
): string | undefined {
  const condition = conditions?.find(({ type }) => type === wanted);
  if (condition?.status) return undefined;
  const { reason = '', message = '' } = condition ?? {};
  return `${what}: ${wanted}=false reason:${reason} message:${message}`;
}
