import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import type { ByteSource } from '#base/byte-stream.ts';
import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { Told } from '#cluster/told.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import type { ClusterFaults } from '#rpc/contracts.ts';
import { criSocket } from './cri-socket.ts';

const none: ClusterFaults = { runtimeStopped: false, registryBytesPerSecond: undefined };

/** Milliseconds in which a slow registry's bytes come together. */
const together = 250;

/** As grpc-go tells it of a service that is stopped (clientconn.go, createTransport). */
const refused = `connection error: desc = "transport: Error while dialing: dial unix ${criSocket}: connect: connection refused"`;

/** What a reader has broken of the parts of the cluster that are no programs of the node. It goes with the machine. */
export class Faults {
  readonly told = new Told<ClusterFaults>(none);
  readonly #clock: Clock;

  /** @param clock the machine's */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set({ runtimeStopped, registryBytesPerSecond }: ClusterFaults): void {
    if (registryBytesPerSecond !== undefined && !(registryBytesPerSecond >= 1)) {
      const message = 'A registry sends at least one byte a second.';
      throw new SandglassError('invalid-argument', message);
    }
    this.told.tell({ runtimeStopped, registryBytesPerSecond });
  }

  clear(): void {
    const { runtimeStopped, registryBytesPerSecond } = this.told.value;
    if (runtimeStopped || registryBytesPerSecond !== undefined) this.told.tell(none);
  }

  /** While the runtime is stopped no call begins; those that have begun come to their end, as at a graceful stop. */
  readonly refuseCalls: Interceptor = (next) => (call) => {
    if (this.told.value.runtimeStopped) {
      return Promise.reject(new ConnectError(refused, Code.Unavailable));
    }
    return next(call);
  };

  /** The same files, no faster than the fault allows at each moment. */
  slow(files: RegistryFiles): RegistryFiles {
    return {
      open: async (path, signal) => this.#slowed(await files.open(path, signal)),
    };
  }

  #slowed(source: ByteSource): ByteSource {
    let rest: Uint8Array | undefined;
    return {
      read: async (signal) => {
        const bytes = rest ?? (await source.read(signal));
        rest = undefined;
        const rate = this.told.value.registryBytesPerSecond;
        if (rate === undefined || !bytes) return bytes;
        const most = Math.max(1, Math.round((rate * together) / 1000));
        if (bytes.length > most) rest = bytes.subarray(most);
        const piece = bytes.subarray(0, most);
        await sleep(this.#clock, (piece.length / rate) * 1000, signal);
        return piece;
      },
      cancel: () => {
        rest = undefined;
        source.cancel();
      },
    };
  }
}
