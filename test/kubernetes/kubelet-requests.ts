import type { FetchHandler } from '#kube/streaming/upgrade.ts';

/** What the API server answers the kubelet, if it is not what it would say by itself. */
export type Answer = (request: Request) => Promise<Response> | undefined;

export function isWatch({ url }: Request): boolean {
  return new URL(url).searchParams.get('watch') === 'true';
}

/** The kubelet's requests on their way to the API server. */
export class KubeletRequests {
  answer: Answer = () => undefined;
  readonly #watches = new Set<() => void>();

  fetchBy(fetch: FetchHandler): FetchHandler {
    return async (request) => {
      if (request.headers.get('user-agent') !== 'kubelet') return fetch(request);
      const response = await (this.answer(request) ?? fetch(request));
      return isWatch(request) && response.ok ? this.#cuttable(response) : response;
    };
  }

  /** Breaks every watch that is open, as a lost connection does. */
  cutWatches(): void {
    for (const cut of this.#watches) cut();
    this.#watches.clear();
  }

  #cuttable(response: Response): Response {
    const { body, status, headers } = response;
    if (!body) return response;
    const lost = new TransformStream<Uint8Array, Uint8Array>();
    const cut = new AbortController();
    this.#watches.add(() => cut.abort(new TypeError('terminated')));
    body.pipeTo(lost.writable, { signal: cut.signal }).catch(() => undefined);
    return new Response(lost.readable, { status, headers });
  }
}
