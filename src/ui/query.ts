/** What a page's address may ask for. */
export interface Query {
  /** `?test`: the page offers `window.sandglass` (test-handle.ts). */
  test: boolean;
  /** `?sleep=SECONDS`: how long the page is hidden before its machine may sleep, in milliseconds. */
  sleepAfter: number | undefined;
  /** `?embed`: the bare thing, for a frame of another page. */
  embed: boolean;
}

export function readQuery(search: string): Query {
  const parameters = new URLSearchParams(search);
  const seconds = Number(parameters.get('sleep') ?? Number.NaN);
  return {
    test: parameters.has('test'),
    embed: parameters.has('embed'),
    sleepAfter: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
  };
}
