import { formatTime, timeOf } from '#kube/time.ts';
import type { DeleteOptions } from '#kube/types.ts';
import type { Strategy } from './strategy.ts';
import type { StoredObject } from './unstored.ts';

/**
 * What becomes of an object that someone wants deleted (upstream: apiserver/pkg/registry/rest/delete.go,
 * BeforeDelete): `undefined` if its kind knows no grace, `pending` if it is being deleted already
 * and this asks for nothing sooner, else the object with the time and grace that it is given.
 */
export function beginDeletion(
  strategy: Strategy,
  current: StoredObject,
  options: DeleteOptions,
  now: number,
): StoredObject | 'pending' | undefined {
  if (!strategy.gracePeriod) return undefined;
  const { metadata } = current;
  const asked = options.gracePeriodSeconds;
  const requested = asked !== undefined && asked < 0 ? 1 : asked;
  if (metadata.deletionTimestamp !== undefined) {
    return shorten(current, metadata.deletionTimestamp, requested, now);
  }
  const period = strategy.gracePeriod(current, { gracePeriodSeconds: requested });
  return {
    ...current,
    metadata: {
      ...metadata,
      deletionTimestamp: formatTime(now + period * 1000),
      deletionGracePeriodSeconds: period,
      ...nextGeneration(metadata.generation),
    },
  };
}

/** A second delete may only hasten the first. */
function shorten(
  current: StoredObject,
  deletionTimestamp: string,
  requested: number | undefined,
  now: number,
): StoredObject | 'pending' | undefined {
  const { metadata } = current;
  const granted = metadata.deletionGracePeriodSeconds ?? 0;
  if (granted === 0) return undefined;
  if (requested === undefined || requested >= granted) return 'pending';
  const time = timeOf(deletionTimestamp) + (requested - granted) * 1000;
  // A second remains for whoever ends the object to see the change.
  const period = time < now && requested !== 0 ? 1 : requested;
  return {
    ...current,
    metadata: {
      ...metadata,
      deletionTimestamp: formatTime(Math.max(time, now)),
      deletionGracePeriodSeconds: period,
    },
  };
}

/** Of an object that its finalizers keep (upstream: registry/store.go, markAsDeleting). */
export function markDeleted(current: StoredObject, now: string): StoredObject {
  const { metadata } = current;
  if (metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0) {
    return current;
  }
  return {
    ...current,
    metadata: {
      ...metadata,
      deletionTimestamp: metadata.deletionTimestamp ?? now,
      deletionGracePeriodSeconds: 0,
      ...nextGeneration(metadata.generation),
    },
  };
}

function nextGeneration(generation: number | undefined): { generation?: number } {
  return generation === undefined || generation === 0 ? {} : { generation: generation + 1 };
}
