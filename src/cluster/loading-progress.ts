import type { FetchProgress } from './guest-assets.ts';

/** Of all that a start fetches. */
export interface LoadingProgress extends FetchProgress {
  /** What is still on its way, in the reader's words. */
  asset: string;
}

interface Part {
  /** Undefined for small files, which are counted but not named. */
  words: string | undefined;
  bytes: number;
  loadedBytes: number;
  fromCache: boolean;
}

/** Sums up files that arrive side by side. Tells nothing before `begin`, so that the total never changes. */
export class LoadingSum {
  readonly #onProgress: (progress: LoadingProgress) => void;
  readonly #parts: Part[] = [];
  #begun = false;

  constructor(onProgress: (progress: LoadingProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** Returns whom to tell of the file's progress. */
  add(bytes: number, words?: string): (progress: FetchProgress) => void {
    const part: Part = { words, bytes, loadedBytes: 0, fromCache: false };
    this.#parts.push(part);
    return ({ loadedBytes, fromCache }) => {
      Object.assign(part, { loadedBytes, fromCache });
      if (this.#begun) this.#tell();
    };
  }

  /** Every file has been added. */
  begin(): void {
    this.#begun = true;
    this.#tell();
  }

  #tell(): void {
    const named = this.#parts.filter(({ words }) => words !== undefined);
    named.sort((one, other) => other.bytes - one.bytes);
    const coming = named.filter(({ loadedBytes, bytes }) => loadedBytes < bytes);
    const arrived = this.#parts.filter(({ loadedBytes }) => loadedBytes > 0);
    const sum = (count: (part: Part) => number) =>
      this.#parts.reduce((total, part) => total + count(part), 0);
    this.#onProgress({
      asset: inWords((coming.length > 0 ? coming : named).map(({ words }) => words ?? '')),
      loadedBytes: sum(({ loadedBytes }) => loadedBytes),
      totalBytes: sum(({ bytes }) => bytes),
      fromCache: arrived.length > 0 && arrived.every(({ fromCache }) => fromCache),
    });
  }
}

/** `a`, `a and b`, `a, b and c`. */
function inWords(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
