import { type Remote, proxy, releaseProxy, transfer, wrap } from 'comlink';
import { BytePort } from '#base/byte-port.ts';
import { SandglassError } from '#base/errors.ts';
import { installErrorTransfer } from './errors.ts';

/**
 * A worker with its API. Calls to a worker that died reject instead of waiting for ever, and so do reads and
 * writes of the streams that were handed to it.
 */
export interface WorkerConnection<A extends object> {
  api: A;
  /** Settles with the answer to the first call: from then on the worker's death is noticed, however silent it is. */
  greeted: Promise<void>;
  /** Resolves, once, if the worker dies before it is disposed of. */
  death: Promise<SandglassError>;
  dispose(): void;
}

/** What both kinds of workers, the browser's and Node's, offer to the one who started them. */
export interface WorkerLink {
  /** A comlink endpoint. */
  endpoint: Parameters<typeof wrap>[0];
  /** Calls back when the worker cannot go on: an uncaught error, a lost process. */
  onDeath(report: (error: SandglassError) => void): void;
  /** Told when the worker has answered the call that greets it. */
  onGreeted?(): void;
  terminate(): void;
}

export interface WorkerWords<A> {
  /** The first call, which the worker answers once its end would be noticed (life-lock.ts). */
  greet: (api: A) => Promise<void>;
  /** What calls end with after `dispose`. */
  left: string;
}

/** Wraps a started worker: typed calls, and an end to every wait if it dies. */
export function connectWorker<A extends object>(
  link: WorkerLink,
  { greet, left }: WorkerWords<A>,
): WorkerConnection<A> {
  installErrorTransfer();
  const remote = wrap<A>(link.endpoint);
  const death = new Promise<SandglassError>((resolve) => {
    link.onDeath(resolve);
  });
  const streams = new Streams();
  let dead: SandglassError | undefined;
  void death.then((error) => {
    dead = error;
    link.terminate();
    streams.end(error);
  });
  let dispose: () => void = () => undefined;
  const disposed = new Promise<SandglassError>((resolve) => {
    dispose = () => {
      dead ??= new SandglassError('unavailable', left);
      streams.end(dead);
      resolve(dead);
    };
  });
  const over = Promise.race([death, disposed]);
  const api = endingWith(remote, streams, over, () => dead);
  const greeted = greet(api).then(() => link.onGreeted?.());
  // Only a dead worker refuses, which whoever waits for it is told, and whoever waits for its death.
  greeted.catch(() => undefined);
  return {
    api,
    greeted,
    death,
    dispose: () => {
      dispose();
      remote[releaseProxy]();
      link.terminate();
    },
  };
}

/** The ends here of the streams that a worker was handed, which its own end leaves without a word. */
class Streams {
  readonly #open = new Set<BytePort>();
  #over: SandglassError | undefined;

  /** Takes charge of the stream that `far` belongs to. */
  adopt(far: MessagePort): void {
    const near = BytePort.nearEndOf(far);
    if (!near) {
      throw new SandglassError('internal', 'A worker was handed a port not made by BytePort.pair.');
    }
    for (const stream of this.#open) if (stream.closed) this.#open.delete(stream);
    if (this.#over) near.fail(this.#over);
    else this.#open.add(near);
  }

  end(cause: SandglassError): void {
    this.#over ??= new SandglassError('unavailable', cause.message, { cause });
    for (const stream of this.#open) stream.fail(this.#over);
    this.#open.clear();
  }
}

/** Every call of `remote`, rejecting as soon as the worker is dead: comlink itself would wait for ever. */
function endingWith<A extends object>(
  remote: Remote<A>,
  streams: Streams,
  death: Promise<SandglassError>,
  deadAlready: () => SandglassError | undefined,
): A {
  const rejection = death.then((error) => Promise.reject(error));
  rejection.catch(() => undefined);
  return new Proxy({} as A, {
    get: (_target, method) => {
      // A proxy that is returned from an async function is asked for `then`.
      if (method === 'then') return undefined;
      return async (...args: unknown[]) => {
        for (const argument of args) if (argument instanceof MessagePort) streams.adopt(argument);
        const error = deadAlready();
        if (error) throw error;
        const call = remote[method as keyof Remote<A>] as unknown as (
          ...args: unknown[]
        ) => unknown;
        return Promise.race([call(...args.map(asArgument)), rejection]);
      };
    },
  });
}

/** Ports move to the other thread; functions stay here and are called back. */
function asArgument(argument: unknown): unknown {
  if (argument instanceof MessagePort) return transfer(argument, [argument]);
  return typeof argument === 'function' ? proxy(argument as () => void) : argument;
}
