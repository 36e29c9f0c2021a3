import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';

/** How long a client that has been told everything may take to say goodbye, in ms. */
const goodbyeTime = 10_000;

/** Waits for a client to go, so that what it was told is not cut off; rejects if it stays. */
export function awaitGoodbye(gone: Promise<unknown>, clock: Clock): Promise<unknown> {
  return withDeadline(gone, clock, goodbyeTime, 'The client did not close the connection.');
}
