import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/clock.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { FileStatus } from '#guest/file-status.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import { readNodeFacts } from './node-facts.ts';
import { nodeMounts } from './node-mounts.ts';
import { readNodeUsage } from './node-usage.ts';

export interface KubeletNodeOptions {
  agent: AgentClient;
  /** The reader's: files of the node change while the cluster's clock is held. */
  clock: Clock;
  /** The node's own address. */
  address: string;
}

/** The node as the kubelet reaches it: through the agent, as any program on it would. */
export function kubeletNode({ agent, clock, address }: KubeletNodeOptions): KubeletNode {
  const { files } = agent;
  return {
    files,
    mounts: nodeMounts(agent),
    dial: (target, signal) => agent.connect(target, signal),
    facts: (signal) => readNodeFacts(agent, address, signal),
    usage: (signal) => readNodeUsage(agent, clock, signal),
    waitForChange: (path, lookEvery, signal) =>
      waitForChange(agent, { clock, path, lookEvery, signal }),
  };
}

async function waitForChange(
  { files }: AgentClient,
  {
    clock,
    path,
    lookEvery,
    signal,
  }: { clock: Clock; path: string; lookEvery: number; signal: AbortSignal },
): Promise<void> {
  const look = () =>
    files.stat(path, signal).then(fingerprint, (error: unknown) => {
      signal.throwIfAborted();
      // Gone, or not there yet: a state like any other.
      return String(error);
    });
  const before = await look();
  do {
    await sleep(clock, lookEvery, signal);
  } while ((await look()) === before);
}

function fingerprint({ inode, size, modified, changed }: FileStatus): string {
  return [inode, size, modified, changed].join(' ');
}
