import { type Remote, proxy, releaseProxy, transfer, wrap } from 'comlink';
import { BytePort } from '#base/byte-port.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { NodeApi, NodeStatus } from './contracts.ts';
import { installErrorTransfer } from './errors.ts';
import { onLifeLockLost } from './life-lock.ts';

/**
 * A worker with its API. Calls to a worker that died reject instead of waiting for ever, and so do reads and
 * writes of the streams that were handed to it.
 */
export interface NodeConnection<A extends NodeApi = NodeApi> {
  api: A;
  /** The machine's status, and `failed` if the worker itself dies. */
  status: Emitter<NodeStatus>;
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
  /** Told when the worker has answered for the first time. */
  onGreeted?(): void;
  terminate(): void;
}

/** Starts the node's worker in a browser. It loads nothing before `start` is called. */
export function connectNode(): NodeConnection {
  // Also the name of its life lock, so no two workers may share it.
  const name = `node-1 ${Math.random().toString(36).slice(2)}`;
  const worker = new Worker(new URL('../workers/node.worker.ts', import.meta.url), {
    type: 'module',
    name,
  });
  const terminated = new AbortController();
  let reportDeath: (error: SandglassError) => void = () => undefined;
  return connect({
    endpoint: worker,
    onGreeted: () => {
      onLifeLockLost(name, terminated.signal, () => {
        const message = "The machine's worker ended without a word.";
        reportDeath(new SandglassError('unavailable', message));
      });
    },
    onDeath: (report) => {
      reportDeath = report;
      worker.onerror = (event) => {
        event.preventDefault();
        report(
          new SandglassError(
            'unavailable',
            `The machine's worker stopped: ${event.message || 'its script could not be loaded'}.`,
          ),
        );
      };
      worker.onmessageerror = () => {
        report(
          new SandglassError('internal', "A message of the machine's worker could not be read."),
        );
      };
    },
    terminate: () => {
      terminated.abort();
      worker.terminate();
    },
  });
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

/** Wraps a started worker: typed calls, status, and an end to every wait if it dies. */
export function connect<A extends NodeApi = NodeApi>(link: WorkerLink): NodeConnection<A> {
  installErrorTransfer();
  const remote = wrap<A>(link.endpoint);
  const status = new Emitter<NodeStatus>();
  const death = new Promise<SandglassError>((resolve) => {
    link.onDeath(resolve);
  });
  const streams = new Streams();
  let dead: SandglassError | undefined;
  void death.then((error) => {
    dead = error;
    link.terminate();
    streams.end(error);
    const { code, message } = error;
    status.emit({ kind: 'failed', during: 'running', failure: { code, message }, console: '' });
  });
  let dispose: () => void = () => undefined;
  const disposed = new Promise<SandglassError>((resolve) => {
    dispose = () => {
      dead ??= new SandglassError('unavailable', 'The machine has been left.');
      streams.end(dead);
      resolve(dead);
    };
  });
  const api = endingWith(remote, streams, Promise.race([death, disposed]), () => dead);
  api
    .watchStatus((next) => status.emit(next))
    .then(() => link.onGreeted?.())
    // Only a dead worker refuses, and that is a status of its own.
    .catch(() => undefined);
  return {
    api,
    status,
    death,
    dispose: () => {
      status.clear();
      dispose();
      remote[releaseProxy]();
      link.terminate();
    },
  };
}

/** Every call of `remote`, rejecting as soon as the worker is dead: comlink itself would wait for ever. */
function endingWith<A extends NodeApi>(
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
