/**
 * Moments of the page's life as `performance` marks, which benchmarks read: `sandglass:worker` (the
 * worker was asked for), `sandglass:loaded` (all that a start needs is here), `sandglass:started` (the
 * agent answers), `sandglass:prompt` (the first shell's first output has been drawn).
 */
export type Moment = 'worker' | 'loaded' | 'started' | 'prompt';

const seen = new Set<Moment>();

export const marks = {
  /** Marks a moment the first time it comes. */
  once(moment: Moment): void {
    if (seen.has(moment)) return;
    seen.add(moment);
    performance.mark(`sandglass:${moment}`);
  },
  has: (moment: Moment): boolean => seen.has(moment),
};
