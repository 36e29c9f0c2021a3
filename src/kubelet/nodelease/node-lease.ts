import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isAlreadyExists, isNotFound } from '#kube/status.ts';
import { microTimeNow } from '#kube/time.ts';
import type { Lease } from '#kube/types.ts';

import { repeat } from '#kubelet/repeat.ts';

const namespace = 'kube-node-lease';
/** Of the lease's duration. */
const renewFraction = 0.25;

/** The node's heartbeat (component-helpers/apimachinery/lease, controller.go). */
export class NodeLease {
  readonly #api: KubeClient;
  readonly #clock: Clock;
  readonly #nodeName: string;
  readonly #duration: number;
  readonly #onError: (error: unknown) => void;
  #lease: Lease | undefined;

  constructor(options: {
    api: KubeClient;
    clock: Clock;
    nodeName: string;
    durationSeconds: number;
    onError: (error: unknown) => void;
  }) {
    this.#api = options.api;
    this.#clock = options.clock;
    this.#nodeName = options.nodeName;
    this.#duration = options.durationSeconds;
    this.#onError = options.onError;
  }

  async run(signal: AbortSignal): Promise<void> {
    const period = this.#duration * 1000 * renewFraction;
    const onError = (error: unknown) => {
      this.#lease = undefined;
      this.#onError(error);
    };
    await repeat({ clock: this.#clock, period, signal, onError }, () => this.renew(signal));
  }

  async renew(signal: AbortSignal): Promise<void> {
    const lease = this.#lease ?? (await this.#ensure(signal));
    const renewed = { ...lease, spec: { ...lease.spec, ...this.#spec() } };
    this.#lease = await this.#api.update(resources.leases, renewed, { signal });
  }

  async #ensure(signal: AbortSignal): Promise<Lease> {
    const key = { namespace, name: this.#nodeName };
    try {
      return await this.#api.get(resources.leases, key, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const node = await this.#api.get(resources.nodes, { name: this.#nodeName }, { signal });
    try {
      return await this.#api.create(
        resources.leases,
        {
          metadata: {
            ...key,
            ownerReferences: [
              {
                apiVersion: 'v1',
                kind: 'Node',
                name: this.#nodeName,
                uid: node.metadata?.uid ?? '',
              },
            ],
          },
          spec: this.#spec(),
        },
        { signal },
      );
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return await this.#api.get(resources.leases, key, { signal });
    }
  }

  #spec() {
    return {
      holderIdentity: this.#nodeName,
      leaseDurationSeconds: this.#duration,
      renewTime: microTimeNow(this.#clock),
    };
  }
}
