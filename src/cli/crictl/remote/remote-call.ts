import { Code, ConnectError } from '@connectrpc/connect';
import type { Clock } from '#base/clock.ts';
import { SandglassError, cancelledError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import type { TextOutput } from '#cli/text/io.ts';
import { klogLine } from '#cli/text/klog.ts';

/** What klog tells besides the message. */
export type Facts = Readonly<Record<string, string | readonly string[]>>;

export interface CallPolicy {
  /** Milliseconds of the cluster's clock, which stands still with a held call; without end if absent. */
  timeout?: number;
  /** What klog says of a failure, and where upstream says it; nothing if absent. */
  complaint?: { place: string; message: string; facts?: Facts };
}

export interface RemoteOptions {
  clock: Clock;
  errors: TextOutput;
  /** The caller's. */
  signal: AbortSignal;
  /** Milliseconds for a call that names none. */
  timeout: number;
}

/** Calls of the CRI as upstream's client makes them (k8s.io/cri-client): each has its time, and klog tells of failures. */
export class RemoteCalls {
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #errors: TextOutput;

  constructor({ clock, errors, signal, timeout }: RemoteOptions) {
    this.timeout = timeout;
    this.signal = signal;
    this.#clock = clock;
    this.#errors = errors;
  }

  /** Rejects with gRPC's words; see `isRpcCode` for its code. */
  async call<T>(
    { timeout, complaint }: CallPolicy,
    send: (options: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#inTime(timeout, send);
    } catch (error) {
      if (this.signal.aborted) throw cancelledError(this.signal);
      if (complaint && error instanceof Error) await this.complain(complaint, error);
      throw error;
    }
  }

  async complain(
    { place, message, facts = {} }: NonNullable<CallPolicy['complaint']>,
    error: Error,
  ): Promise<void> {
    const pairs = Object.entries(facts).map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'string' ? quote(value) : JSON.stringify(value)}`,
    );
    const text = `${quote(message)} err=${quote(error.message)}${pairs.join('')}`;
    await this.#errors.write(klogLine(this.#clock, 'E', place, text));
  }

  async #inTime<T>(
    timeout: number | undefined,
    send: (options: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    const cancel =
      timeout === undefined
        ? undefined
        : this.#clock.schedule(timeout, () => {
            late.abort();
          });
    try {
      return await send({ signal: AbortSignal.any([this.signal, late.signal]) });
    } catch (thrown) {
      if (late.signal.aborted) throw deadlineExceeded();
      throw rpcError(thrown);
    } finally {
      cancel?.();
    }
  }
}

function deadlineExceeded(): SandglassError {
  return rpcError(new ConnectError('context deadline exceeded', Code.DeadlineExceeded));
}

/** As gRPC for Go words the error of a call. */
export function rpcError(thrown: unknown): SandglassError {
  const { code, message } = fromConnectError(thrown);
  const name = thrown instanceof ConnectError ? Code[thrown.code] : 'Unknown';
  return new SandglassError(code, `rpc error: code = ${name} desc = ${message}`, {
    cause: thrown,
  });
}
