import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { asSandglassError } from '#base/errors.ts';
import { Download } from './download.ts';

let clock: ManualClock;
let host: SlowHost;

/** Answers when it is told to; a fetch that is aborted fails, as a browser's does. */
class SlowHost {
  readonly body = new TransformStream<Uint8Array, Uint8Array>();
  readonly #writer = this.body.writable.getWriter();
  signal: AbortSignal | undefined;
  #answer: (response: Response) => void = () => undefined;

  fetch(init: RequestInit): Promise<Response> {
    this.signal = init.signal ?? undefined;
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.signal?.addEventListener('abort', () => {
        reject(this.signal?.reason as Error);
      });
    });
  }

  answer(): void {
    this.#answer(new Response(this.body.readable));
  }

  async send(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  end(): Promise<void> {
    return this.#writer.close();
  }
}

beforeEach(() => {
  clock = new ManualClock();
  host = new SlowHost();
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => host.fetch(init));
});
afterEach(() => vi.unstubAllGlobals());

function begin(signal?: AbortSignal) {
  const url = 'https://example.org/file';
  const download = new Download({ name: 'the file', url, bytes: 6, clock, signal });
  let received = 0;
  const ended = download.open().then((response) =>
    download.read(response, (_chunk, so) => {
      received = so;
    }),
  );
  ended.catch(() => undefined);
  return { ended, has: (bytes: number) => vi.waitFor(() => expect(received).toBe(bytes)) };
}

describe('a download', () => {
  it('gives up a host that accepts and does not answer', async () => {
    const { ended } = begin();
    clock.advance(29_999);
    expect(host.signal?.aborted).toBe(false);
    clock.advance(1);
    await expect(ended).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: "Could not fetch the file: the site's host has not answered for 30 seconds.",
    });
    expect(host.signal?.aborted).toBe(true);
  });

  it('gives up a host that stops in the middle, and no host that is only slow', async () => {
    const { ended, has } = begin();
    clock.advance(20_000);
    host.answer();
    for (const bytes of [1, 2, 3]) {
      await host.send('x');
      await has(bytes);
      clock.advance(20_000);
    }
    expect(host.signal?.aborted).toBe(false);
    clock.advance(10_000);
    await expect(ended).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: "The site's host has sent nothing for 30 seconds, after 3 of 6 bytes of the file.",
    });
    expect(host.signal?.aborted).toBe(true);
  });

  it('asks again past the browser’s cache for what that may have kept, and lets go of every failure', async () => {
    const asked = await failures(404, 404);
    expect(asked).toEqual({ treatments: [undefined, 'reload'], cancelled: 2, code: 'not-found' });
    expect(await failures(503)).toEqual({
      treatments: [undefined],
      cancelled: 1,
      code: 'unavailable',
    });
  });

  it('waits for nothing once it has everything', async () => {
    const { ended, has } = begin();
    host.answer();
    await host.send('whole!');
    await has(6);
    await host.end();
    await ended;
    clock.advance(60_000);
    expect(host.signal?.aborted).toBe(false);
  });

  it('ends when it is cancelled, with the host’s answer under way or not', async () => {
    for (const answers of [false, true]) {
      const cancel = new AbortController();
      const { ended } = begin(cancel.signal);
      if (answers) host.answer();
      cancel.abort();
      await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
      expect(host.signal?.aborted).toBe(true);
    }
  });
});

/** What a download does where the host answers so, one status after the other. */
async function failures(...statuses: number[]) {
  const treatments: (RequestCache | undefined)[] = [];
  let cancelled = 0;
  vi.stubGlobal('fetch', (_url: string, { cache }: RequestInit) => {
    treatments.push(cache);
    const status = statuses.shift() ?? expect.fail('One fetch too many.');
    return Promise.resolve(
      new Response(
        new ReadableStream({
          cancel: () => {
            cancelled++;
          },
        }),
        { status },
      ),
    );
  });
  const { ended } = begin();
  const code = await ended.then(
    () => undefined,
    (thrown: unknown) => asSandglassError(thrown).code,
  );
  return { treatments, cancelled, code };
}
