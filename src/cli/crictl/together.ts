import { SandglassError, asSandglassError, cancelledError } from '#base/errors.ts';

/** Does all at once and says all that failed, a line each (crictl, util.go, AggregateGoroutines). */
export async function together(
  tasks: readonly (() => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failures: string[] = [];
  const attempts = tasks.map((task) =>
    task().catch((error: unknown) => {
      failures.push(asSandglassError(error).message);
    }),
  );
  await Promise.all(attempts);
  if (signal.aborted) throw cancelledError(signal);
  if (failures.length > 0) throw new SandglassError('unknown', failures.join('\n'));
}
