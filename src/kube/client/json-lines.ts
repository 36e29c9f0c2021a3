import { cancelledError } from '#base/errors.ts';

/** The JSON values of a stream, one a line; ends quietly with the stream, with `cancelled` with the signal. */
export async function* jsonLines(
  response: Response,
  signal?: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const onAbort = () => void reader.cancel().catch(() => undefined);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal?.aborted) throw cancelledError(signal);
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) {
        if (line.trim() !== '') yield JSON.parse(line);
      }
      if (done) return;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // Whoever stops reading early tells the server so.
    await reader.cancel().catch(() => undefined);
  }
}
