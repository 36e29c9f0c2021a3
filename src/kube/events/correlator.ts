import type { Clock } from '#base/clock.ts';
import type { EventType } from './recorder.ts';

/** client-go/tools/record/events_cache.go: defaults. */
const maxSimilar = 10;
const similarWithin = 600_000;
const burst = 25;
const refill = 300_000;
/** Objects and messages remembered; the eldest is forgotten first. */
const remembered = 4096;

export interface EventKey {
  /** Identity of the object that it is about, with its field. */
  object: string;
  type: EventType;
  reason: string;
  message: string;
}

export interface Correlated {
  /** Of the event to write to: the same for all that are counted together. */
  key: string;
  message: string;
}

/** Decides which events are written, and which are counted together (EventCorrelator). */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new Map<string, { messages: Set<string>; last: number }>();
  readonly #tokens = new Map<string, { tokens: number; last: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined for an object that has too much to say. */
  correlate(event: EventKey): Correlated | undefined {
    const aggregated = this.#aggregate(event);
    return this.#allowed(event.object) ? aggregated : undefined;
  }

  #aggregate({ object, type, reason, message }: EventKey): Correlated {
    const group = JSON.stringify([object, type, reason]);
    const now = this.#clock.now();
    let record = this.#similar.get(group);
    if (!record || now - record.last > similarWithin) record = { messages: new Set(), last: now };
    record.messages.add(message);
    record.last = now;
    remember(this.#similar, group, record);
    if (record.messages.size < maxSimilar)
      return { key: JSON.stringify([group, message]), message };
    // Keeps the set small, and the newest in it.
    for (const first of record.messages) {
      record.messages.delete(first);
      break;
    }
    return { key: group, message: `(combined from similar events): ${message}` };
  }

  /** A token bucket for each object. */
  #allowed(object: string): boolean {
    const now = this.#clock.now();
    const before = this.#tokens.get(object) ?? { tokens: burst, last: now };
    const tokens = Math.min(burst, before.tokens + (now - before.last) / refill);
    const allowed = tokens >= 1;
    remember(this.#tokens, object, { tokens: allowed ? tokens - 1 : tokens, last: now });
    return allowed;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= remembered) return;
  for (const first of map.keys()) {
    map.delete(first);
    break;
  }
}
