import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, cancelledError } from '#base/errors.ts';

/**
 * Failures that are the file's and that a cache may keep by itself (RFC 9110, 15.1), or for as long as the host says;
 * and 403, which object stores answer for 404. Of the others a host that is overloaded sends most.
 */
const keptByCaches: ReadonlySet<number> = new Set([403, 404, 405, 410, 414, 501]);

/** Milliseconds without a byte after which a host is given up. */
const stallLimit = 30_000;

export interface DownloadOptions {
  /** As a reader would call it. */
  name: string;
  url: string;
  /** Once decoded; 0 if nobody knows. */
  bytes: number;
  clock: Clock;
  cache?: RequestCache;
  signal?: AbortSignal | undefined;
}

/** One file on its way from the site's host. It ends: with the signal, or after 30 seconds without a byte. */
export class Download {
  readonly #options: DownloadOptions;
  readonly #giveUp = new AbortController();

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  /**
   * Asks for the file; anything but a success is a failure in words. It may be the browser's own, which hosts let it
   * keep for a year with everything below a path: then it is believed when it comes past the browser's cache.
   */
  async open(): Promise<Response> {
    const { name, cache } = this.#options;
    let response = await this.#ask(cache);
    if (keptByCaches.has(response.status) && cache !== 'reload') {
      discard(response);
      response = await this.#ask('reload');
    }
    if (!response.ok) {
      discard(response);
      throw new SandglassError(
        response.status === 404 ? 'not-found' : 'unavailable',
        `Could not fetch ${name}: the site's host answered ${response.status}.`,
      );
    }
    return response;
  }

  /** Reads a body to its end. What fails here also ends whoever else reads the answer. */
  async read(
    { body }: Response,
    onChunk: (chunk: Uint8Array, received: number) => void,
  ): Promise<void> {
    const { name, bytes } = this.#options;
    const reader = body?.getReader();
    if (!reader) return;
    for (let received = 0; ;) {
      const soFar = `${received} of ${bytes} bytes of ${name}`;
      const chunk = await this.#patiently(
        reader.read(),
        `The site's host has sent nothing for 30 seconds, after ${soFar}.`,
        `The connection broke after ${soFar}.`,
      );
      if (chunk.done) return;
      received += chunk.value.length;
      onChunk(chunk.value, received);
    }
  }

  #ask(cache: RequestCache | undefined): Promise<Response> {
    const { name, url, signal } = this.#options;
    const request: RequestInit = {
      signal: signal ? AbortSignal.any([signal, this.#giveUp.signal]) : this.#giveUp.signal,
      ...(cache && { cache }),
    };
    return this.#patiently(
      fetch(url, request),
      `Could not fetch ${name}: the site's host has not answered for 30 seconds.`,
      `Could not fetch ${name}: the network or the site's host did not answer.`,
    );
  }

  async #patiently<T>(step: Promise<T>, stalled: string, broken: string): Promise<T> {
    const { clock, signal } = this.#options;
    try {
      return await withDeadline(step, clock, stallLimit, stalled, signal);
    } catch (cause) {
      this.#giveUp.abort(cause);
      if (signal?.aborted) throw cancelledError(signal);
      if (cause instanceof SandglassError && cause.code === 'deadline-exceeded') throw cause;
      throw new SandglassError('unavailable', broken, { cause });
    }
  }
}

/** Lets the connection go on to what is read. */
function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}
