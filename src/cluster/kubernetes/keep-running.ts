import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';

/** Milliseconds before a service that ended is started again, doubled each time (systemd's RestartSec, RestartSteps). */
const firstDelay = 1_000;
/** RestartSec of kubeadm's kubelet.service. */
const longestDelay = 10_000;
/** Milliseconds after which a service counts as running well: the next restart comes soon again. */
const stableAfter = 60_000;

export interface KeepRunningOptions {
  /** The cluster's: while a call is held nothing is restarted either. */
  clock: Clock;
  /** Ends the service, and the wait for its restart. */
  signal: AbortSignal;
  /** Told each time that it ends by itself. */
  onError: (error: SandglassError) => void;
}

/**
 * Runs a service of the node, and again whenever it ends by itself, as a unit of systemd with Restart=always.
 * @param what in the words of a sentence: `The kubelet`
 * @param run one life, until its signal fires; what the life before has left running has been told to end
 */
export async function keepRunning(
  what: string,
  run: (signal: AbortSignal) => Promise<void>,
  { clock, signal, onError }: KeepRunningOptions,
): Promise<void> {
  let delay = firstDelay;
  for (;;) {
    const begin = clock.now();
    const thrown = await oneLife(run, signal);
    if (signal.aborted) return;
    if (clock.now() - begin >= stableAfter) delay = firstDelay;
    const { code, message } = asSandglassError(thrown);
    const words = `${what} stopped: ${message} It is started again in ${delay / 1000} s.`;
    onError(new SandglassError(code, words, { cause: thrown }));
    try {
      await sleep(clock, delay, signal);
    } catch {
      return;
    }
    delay = Math.min(2 * delay, longestDelay);
  }
}

/** What it ended with. */
async function oneLife(
  run: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<unknown> {
  const life = new AbortController();
  try {
    await run(AbortSignal.any([signal, life.signal]));
    return new SandglassError('internal', 'It ended without a word.');
  } catch (thrown) {
    return thrown;
  } finally {
    life.abort(new SandglassError('cancelled', 'It has ended.'));
  }
}
