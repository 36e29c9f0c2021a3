import { asSandglassError } from '#base/errors.ts';
import type { ContainerStatus } from '#kubelet/container/types.ts';
import type { NodeFiles } from '#kubelet/ports.ts';

/**
 * One more than the last container's; where none is left, one more than its logs tell
 * (calcRestartCountByLogDir).
 */
export async function nextRestartCount(
  files: NodeFiles,
  logDirectory: string,
  last: ContainerStatus | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (last) return last.restartCount + 1;
  try {
    const entries = await files.list(logDirectory, signal);
    const counts = entries.map(({ name }) => Number(/^(\d+)\.log/.exec(name)?.[1] ?? -1));
    return Math.max(-1, ...counts) + 1;
  } catch (error) {
    if (asSandglassError(error).code === 'not-found') return 0;
    throw error;
  }
}
