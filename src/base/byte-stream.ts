/** Where bytes come from. Reading is what gives the producer leave to send more. */
export interface ByteSource {
  /** The next chunk, never empty; `undefined` at the end; rejects with what the stream failed of. */
  read(signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** The reader wants no more; the producer is told. */
  cancel(): void;
}

/** Where bytes go. `write` resolves when the sink has room for more, not when the bytes arrived. */
export interface ByteSink {
  write(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** No more bytes follow. */
  end(): void;
}

/** A stream of bytes both ways, such as a socket or an upgraded HTTP connection. */
export interface ByteDuplex {
  readonly incoming: ByteSource;
  readonly outgoing: ByteSink;
  /** Ends it both ways; what is under way may be lost. */
  close(): void;
}

/** Copies until the source ends; ends the sink. Returns the number of bytes. */
export async function pipeBytes(
  source: ByteSource,
  sink: ByteSink,
  signal?: AbortSignal,
): Promise<number> {
  let total = 0;
  for (;;) {
    const chunk = await source.read(signal);
    if (!chunk) break;
    await sink.write(chunk, signal);
    total += chunk.length;
  }
  sink.end();
  return total;
}

export async function readAllBytes(source: ByteSource, signal?: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(signal); chunk; chunk = await source.read(signal)) {
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

/** Reads to the end as UTF-8. */
export async function readAllText(source: ByteSource, signal?: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await readAllBytes(source, signal));
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
