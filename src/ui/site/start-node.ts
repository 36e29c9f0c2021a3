import { type NodeConnection, connectNode } from '#rpc/connect.ts';
import { marks } from '#ui/state/marks.ts';

/** Starts the node's worker and its machine, before the page that shows it is there. */
export function startNode(): { connect: typeof connectNode; connection: NodeConnection } {
  marks.once('worker');
  const connection = connectNode();
  connection.status.listen(({ kind }) => {
    if (kind === 'starting') marks.once('loaded');
    if (kind === 'running') marks.once('started');
  });
  // What fails is told to the page as a status.
  connection.api.start('snapshot').catch(() => undefined);
  return { connect: connectNode, connection };
}
