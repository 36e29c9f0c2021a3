import { concatBytes } from '#base/byte-stream.ts';
import { cancelledError } from '#base/errors.ts';
import { failureOf } from '#kube/client/response.ts';
import { resourcePath, resources } from '#kube/resources.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import type { TextOutput } from '#cli/text/io.ts';

export type LogQuery = Readonly<Record<string, string | number | boolean | undefined>> & {
  container: string;
};

export interface LogTarget {
  namespace: string;
  name: string;
  query: LogQuery;
}

const lineFeed = 0x0a;

/** Hands on what a container has written, as it comes. */
export async function readLog(
  { client, signal }: KubectlContext,
  { namespace, name, query }: LogTarget,
  write: (bytes: Uint8Array, isLast: boolean) => Promise<void>,
): Promise<void> {
  const path = resourcePath(resources.pods, { namespace, name, subresource: 'log' });
  const response = await client.request(path, { query, signal });
  if (!response.ok) throw await failureOf(response);
  if (!response.body) return;
  const reader = response.body.getReader();
  const onAbort = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      await write(next.value, false);
    }
    if (signal.aborted) throw cancelledError(signal);
    await write(new Uint8Array(), true);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await reader.cancel().catch(() => undefined);
  }
}

/** Puts several logs into one output without mixing their lines. */
export class LogWriter {
  readonly #out: TextOutput;
  #last: Promise<void> = Promise.resolve();

  constructor(out: TextOutput) {
    this.#out = out;
  }

  /** Takes a log's bytes; whole lines go out, each with the prefix before it. */
  from(prefix: string): (bytes: Uint8Array, isLast: boolean) => Promise<void> {
    const start = new TextEncoder().encode(prefix);
    let rest: Uint8Array = new Uint8Array();
    return async (bytes, isLast) => {
      const all = concatBytes([rest, bytes]);
      const end = isLast ? all.length : all.lastIndexOf(lineFeed) + 1;
      rest = all.subarray(end);
      if (end > 0) await this.#write(withPrefix(all.subarray(0, end), start));
    };
  }

  #write(bytes: Uint8Array): Promise<void> {
    const next = this.#last.then(() => this.#out.bytes(bytes));
    this.#last = next.catch(() => undefined);
    return next;
  }
}

function withPrefix(lines: Uint8Array, prefix: Uint8Array): Uint8Array {
  if (prefix.length === 0) return lines;
  const parts: Uint8Array[] = [];
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(lineFeed, start);
    const next = end < 0 ? lines.length : end + 1;
    parts.push(prefix, lines.subarray(start, next));
    start = next;
  }
  return concatBytes(parts);
}
