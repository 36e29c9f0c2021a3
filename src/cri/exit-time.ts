import type { TaskExit } from '#runtimes/task.ts';
import type { CriContext } from './context.ts';

/**
 * When a container ended, in nanoseconds since 1970 by the cluster's clock: as long ago as it is by the node's, which
 * has noted it. Not in the future, and not before it was started, should one of the clocks have stood still meanwhile.
 */
export async function exitTime(
  context: CriContext,
  { exitedAt }: TaskExit,
  startedAt: bigint,
): Promise<bigint> {
  const nodeTime = await context.agent.system.facts().then(
    ({ wallTime }) => BigInt(Math.round(wallTime * 1000)) * 1000n,
    // A node that cannot be asked has no more to say of it than that it is over.
    () => exitedAt,
  );
  const now = context.now();
  const ended = now - (nodeTime - exitedAt);
  if (ended < startedAt) return startedAt;
  return ended > now ? now : ended;
}
