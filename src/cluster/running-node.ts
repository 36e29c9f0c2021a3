import type { StoreSnapshot } from '#apiserver/storage/store.ts';
import type { NodeSource } from '#rpc/contracts.ts';
import type { NodeParts } from './bring-up.ts';

export interface RunningNode extends NodeParts {
  source: NodeSource;
  startMilliseconds: number;
  /** The API's objects that came with a saved machine. */
  store?: StoreSnapshot;
}

/** A machine to go on with, and the cluster's objects at that moment. */
export interface SavedNode {
  /** A snapshot file (vm/snapshot-file.ts). */
  machine: Uint8Array;
  memoryBytes: number;
  store: StoreSnapshot;
}
