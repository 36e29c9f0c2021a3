import { type ByteDuplex, pipeBytes } from '#base/byte-stream.ts';
import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';

/** Connects to a port of the pod. */
export type ConnectPort = (port: number, signal: AbortSignal) => Promise<ByteDuplex>;

export interface PortForwardOptions {
  /** As upstream names it in errors: the sandbox's ID. */
  pod: string;
  /** Those that the request names; only the WebSocket channels need them. */
  ports: readonly number[];
  connect: ConnectPort;
  /** The reader's: a client is not to wait for a cluster that is held. */
  clock: Clock;
}

/** Where a client's bytes go and come from, and where it is told what went wrong. */
export interface ForwardedStreams {
  port: number;
  pod: string;
  data: ByteDuplex;
  tell: (text: string) => Promise<void>;
  /** Fires when the client wants no more of it. */
  torn: AbortSignal;
}

/** Carries one connection until the pod's side has ended it; whether all went well. Never rejects. */
export async function forward(
  { port, pod, data, tell, torn }: ForwardedStreams,
  connect: ConnectPort,
): Promise<boolean> {
  try {
    await carry(data, await connect(port, torn), torn);
    return true;
  } catch (thrown) {
    if (torn.aborted) return false;
    const { message } = asSandglassError(thrown);
    // The client may be gone by now; then there is nobody to tell.
    await tell(`error forwarding port ${port} to pod ${pod}, uid : ${message}`).catch(
      () => undefined,
    );
    return false;
  }
}

/** Both ways, until the far end is done; either may stop sending before. */
async function carry(near: ByteDuplex, far: ByteDuplex, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  // What the far end says counts: it may well close without having read all.
  const there = pipeBytes(near.incoming, far.outgoing, until).catch(() => undefined);
  try {
    await pipeBytes(far.incoming, near.outgoing, until);
  } finally {
    over.abort(new SandglassError('cancelled', 'The connection was closed.'));
    far.close();
    await there;
  }
}
