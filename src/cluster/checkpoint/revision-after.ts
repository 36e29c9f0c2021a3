/** Writes a second that no cluster of one node reaches for long. */
const fastest = 100;
const margin = 1000;

/**
 * The revision from which a restored store goes on: beyond whatever the cluster that was saved, or
 * another restored from it, may have reached in the meantime. A watcher of one of those is then told
 * that its version is too old and lists again, where it would otherwise wait for changes that it
 * never hears of (etcdctl snapshot restore --bump-revision --mark-compacted, for the same reason).
 */
export function revisionAfter(revision: number, milliseconds: number): number {
  return revision + margin + Math.ceil((Math.max(0, milliseconds) / 1000) * fastest);
}
