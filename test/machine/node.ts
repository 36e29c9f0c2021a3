import { afterAll, beforeAll } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { RunningNode } from '#cluster/running-node.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import type { NodeStatus } from '#rpc/contracts.ts';

/** A node restored from its snapshot, in this thread. */
export async function startNode(): Promise<LinuxNode> {
  const node = nodeInProcess();
  await node.start('snapshot');
  return node;
}

/** One node for all tests of a file. */
export function useNode(): { readonly running: RunningNode } {
  let node: LinuxNode | undefined;
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(() => node?.stop());
  return {
    get running() {
      if (!node) throw new Error('The node is there while tests run.');
      return node.running;
    },
  };
}

/** What a command line prints on both streams; fails unless it ends with 0. */
export async function shell({ agent }: RunningNode, command: string): Promise<string> {
  const process = await agent.spawn({ argv: ['/bin/bash', '-c', `exec 2>&1; ${command}`] });
  const output = await readAllText(process.stdout);
  const exit = await process.exited;
  process.close();
  if (exit.code !== 0)
    throw new Error(`"${command}" ended with ${JSON.stringify(exit)}: ${output}`);
  return output;
}

/** The next status of a kind. */
export function nextStatus<K extends NodeStatus['kind']>(
  node: LinuxNode,
  kind: K,
): Promise<Extract<NodeStatus, { kind: K }>> {
  return new Promise((resolve) => {
    const stop = node.changes.listen((status) => {
      if (status.kind !== kind) return;
      stop();
      resolve(status as Extract<NodeStatus, { kind: K }>);
    });
  });
}
