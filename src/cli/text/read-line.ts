import type { ByteSource } from '#base/byte-stream.ts';

/** The next line without its end; `undefined` at the end of the stream. What comes behind it in the same chunk is lost. */
export async function readLine(
  source: ByteSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const chunk = await source.read(signal);
    if (!chunk) return text === '' ? undefined : text;
    text += decoder.decode(chunk, { stream: true });
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
  }
}
