import { withDeadline } from '#base/deadline.ts';
import { SandglassError } from '#base/errors.ts';
import { ContainerState, Signal, SignalSchema } from '#kube/cri/api_pb.ts';
import { signalNumber } from '#runtimes/signals.ts';
import { type ContainerRecord, stateOf } from './container-record.ts';
import type { CriContext } from './context.ts';

const SIGKILL = 9;

/** The stop signal, `timeout` seconds later SIGKILL; with 0, SIGKILL at once. */
export async function stopContainer(
  context: CriContext,
  container: ContainerRecord,
  timeout: number,
): Promise<void> {
  const { task, ended } = container;
  if (stateOf(container) !== ContainerState.CONTAINER_RUNNING || !task || !ended) return;
  if (timeout > 0) {
    await task.kill(stopSignalOf(container));
    if (await endsWithin(ended, timeout, context)) return;
  }
  await task.kill(SIGKILL, { all: true });
  await ended;
}

/** Of the container, of its image, or SIGTERM. */
export function stopSignalName({ config, stopSignal }: ContainerRecord): string {
  if (config.stopSignal !== Signal.RUNTIME_DEFAULT) {
    return SignalSchema.value[config.stopSignal]?.name ?? 'SIGTERM';
  }
  return stopSignal === '' ? 'SIGTERM' : stopSignal;
}

function stopSignalOf(container: ContainerRecord): number {
  const name = stopSignalName(container);
  const number = signalNumber(name);
  if (number !== undefined) return number;
  throw new SandglassError('unknown', `failed to parse stop signal "${name}": unknown signal`);
}

async function endsWithin(
  ended: Promise<void>,
  seconds: number,
  { clock }: CriContext,
): Promise<boolean> {
  try {
    await withDeadline(ended, clock, seconds * 1000, 'The container did not end in time.');
    return true;
  } catch (error) {
    if (error instanceof SandglassError && error.code === 'deadline-exceeded') return false;
    throw error;
  }
}
