import type { ByteSink } from '#base/byte-stream.ts';
import type { Invocation } from '#cli/ports.ts';

const encoder = new TextEncoder();

/** A program's standard output and error as text. */
export class TextOutput {
  readonly #sink: ByteSink;
  readonly #signal: AbortSignal;

  constructor(sink: ByteSink, signal: AbortSignal) {
    this.#sink = sink;
    this.#signal = signal;
  }

  async write(text: string): Promise<void> {
    if (text !== '') await this.bytes(encoder.encode(text));
  }

  async line(text = ''): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** A program that nobody reads any more learns so here. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.#sink.write(bytes, this.#signal);
  }
}

/** As a shell's programs resolve paths. */
export function resolvePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function baseName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

export function isTerminal(invocation: Invocation, stream: 'stdin' | 'stdout' | 'stderr'): boolean {
  return invocation.terminal?.[stream] ?? false;
}
