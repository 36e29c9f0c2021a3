import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import type { TerminalSize } from '#base/terminal-size.ts';

/** Characters of one size; a stream without its end is none. */
const sizeMax = 1024;

/** The sizes in a resize stream: JSON objects one after another, with or without lines between. Ends at what is none. */
export async function* readResizes(source: ByteSource): AsyncGenerator<TerminalSize> {
  const utf8 = new TextDecoder();
  let text = '';
  for (;;) {
    const bytes = await source.read().catch(() => undefined);
    if (!bytes) return;
    text += utf8.decode(bytes, { stream: true });
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1));
      if (!size) return;
      yield size;
      text = text.slice(end + 1);
    }
    if (text.length > sizeMax) return;
  }
}

/** Sends sizes until they end or the stream does. */
export async function writeResizes(
  sizes: AsyncIterable<TerminalSize>,
  sink: ByteSink,
  signal: AbortSignal,
): Promise<void> {
  for await (const { columns, rows } of sizes) {
    const line = `${JSON.stringify({ Width: columns, Height: rows })}\n`;
    await sink.write(new TextEncoder().encode(line), signal);
  }
}

/** Go's decoder does not mind the case of names, and JavaScript clients write them small. */
function parseSize(text: string): TerminalSize | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const fields = new Map(
    Object.entries(value as object).map(([name, field]) => [name.toLowerCase(), field as unknown]),
  );
  const columns = fields.get('width') ?? 0;
  const rows = fields.get('height') ?? 0;
  return isSize(columns) && isSize(rows) ? { columns, rows } : undefined;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}
