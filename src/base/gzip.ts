import type { ByteSource } from './byte-stream.ts';
import { SandglassError, asSandglassError } from './errors.ts';

/** By the platform's own coder, which runs beside this thread and so beside the machine. */
export function gzip(source: ByteSource, signal?: AbortSignal): ByteSource {
  return through(new CompressionStream('gzip'), source, signal);
}

/** What was compressed; rejects with `unknown` and Go's words (compress/gzip) if it is damaged or cut short. */
export function gunzip(source: ByteSource, signal?: AbortSignal): ByteSource {
  return through(new DecompressionStream('gzip'), source, signal);
}

function through(
  coder: CompressionStream | DecompressionStream,
  source: ByteSource,
  signal: AbortSignal | undefined,
): ByteSource {
  let failure: Error | undefined;
  const input = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const chunk = await source.read(signal);
          if (chunk) controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
          else controller.close();
        } catch (error) {
          failure = asSandglassError(error);
          throw failure;
        }
      },
      cancel: () => {
        source.cancel();
      },
    },
    { highWaterMark: 0 },
  );
  const reader = input.pipeThrough(coder).getReader();
  return {
    async read() {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return undefined;
          if (value.length > 0) return value;
        }
      } catch (cause) {
        if (failure) throw failure;
        throw new SandglassError('unknown', 'gzip: invalid data', { cause });
      }
    },
    cancel: () => {
      reader.cancel().catch(() => undefined);
    },
  };
}
