import { BytePort } from '#base/byte-port.ts';
import { pipeBytes } from '#base/byte-stream.ts';
import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { StoreSnapshot } from '#apiserver/storage/store.ts';
import { besideMachine } from '#cluster/bring-up.ts';
import { nameOfBuild } from '#cluster/build.ts';
import type { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { CheckpointSummary } from '#rpc/contracts.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.ts';
import { revisionAfter } from './revision-after.ts';

/** Milliseconds for the cluster's calls to end: to pull a large image takes most of it. */
const restDeadline = 60_000;
/** Milliseconds in which an idle CPU is waited for; one that computes on is then saved as it is. */
const idleDeadline = 2_000;

export interface CheckpointsOptions {
  node: LinuxNode;
  cluster: NodeCluster;
  /** The reader's: nothing here stands still with a held call. */
  clock: Clock;
}

/** Saves the cluster as a whole, and goes on from what was saved. */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #saving = false;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** Resolves when the last byte has gone. */
  async save(port: MessagePort): Promise<CheckpointSummary> {
    const stream = new BytePort(port);
    try {
      const signal = stream.unwanted;
      const checkpoint = await this.#takeAlone(signal);
      await pipeBytes(await encodeCheckpoint(checkpoint), stream.outgoing, signal);
      return summaryOf(checkpoint);
    } catch (thrown) {
      const error = asSandglassError(thrown);
      stream.fail(error);
      throw error;
    }
  }

  async open(port: MessagePort): Promise<CheckpointSummary> {
    const { node, clock } = this.#options;
    const stream = new BytePort(port);
    try {
      const signal = stream.unwanted;
      const checkpoint = await decodeCheckpoint(stream.incoming, await node.build(), signal);
      const { machine, store, savedAt } = checkpoint;
      const { memoryBytes } = checkpoint.node;
      const revision = revisionAfter(store.revision, clock.wallTime() - savedAt);
      await node.resumeSaved({ machine, memoryBytes, store: { ...store, revision } }, signal);
      stream.outgoing.end();
      return summaryOf(checkpoint);
    } catch (thrown) {
      const error = asSandglassError(thrown);
      stream.fail(error);
      throw error;
    }
  }

  async #takeAlone(signal: AbortSignal): Promise<Checkpoint> {
    if (this.#saving) {
      throw new SandglassError('failed-precondition', 'The cluster is being saved already.');
    }
    this.#saving = true;
    try {
      return await this.#take(signal);
    } finally {
      this.#saving = false;
    }
  }

  async #take(signal: AbortSignal): Promise<Checkpoint> {
    const { node, cluster, clock } = this.#options;
    if (node.status.kind === 'paused') {
      throw new SandglassError(
        'failed-precondition',
        `${node.hostname} is paused; let it go on to save the cluster.`,
      );
    }
    const build = await node.build();
    const { running } = node;
    const kubernetes = await cluster.kubernetesToCome();
    // Before the calls are held: it takes the machine a while.
    await running.agent.system.prepareSnapshot({ keepCaches: true, signal });
    const { machine } = running;
    return kubernetes.gate.whileEmpty(
      async () => {
        let store: StoreSnapshot | undefined;
        let savedAt = 0;
        const state = await machine.snapshot({
          signal,
          idleDeadline,
          extra: () => {
            // In the moment in which the machine stands still.
            store = kubernetes.api.store.snapshot();
            savedAt = clock.wallTime();
            return besideMachine(running);
          },
        });
        if (!store) throw new SandglassError('internal', 'The machine was saved without a store.');
        const { memoryBytes } = machine.profile;
        return {
          build,
          node: { name: node.hostname, memoryBytes },
          savedAt,
          store,
          machine: state,
        };
      },
      { clock, deadline: restDeadline, signal, late: keptFromRest },
    );
  }
}

function keptFromRest(calls: readonly string[]): string {
  const shown = calls.slice(0, 3).join(', ');
  const more = calls.length > 3 ? ` and ${calls.length - 3} more` : '';
  return (
    `The cluster did not come to rest within ${restDeadline / 1000} seconds. ` +
    `Still under way: ${shown}${more}. Try again when that has ended.`
  );
}

function summaryOf({ build, savedAt, store, node }: Checkpoint): CheckpointSummary {
  return {
    savedAt,
    memoryBytes: node.memoryBytes,
    pods: store.collections['pods']?.length ?? 0,
    build: nameOfBuild(build),
  };
}
