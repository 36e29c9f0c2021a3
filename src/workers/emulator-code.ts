import { concatBytes } from '#base/byte-stream.ts';
import type { Clock } from '#base/clock.ts';
import { sha256Hex } from '#base/digest.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { FetchProgress } from '#cluster/guest-assets.ts';
import type { EmulatorSource } from '#cluster/node-images.ts';
import { Download } from './download.ts';

/** Of the decoded file: hosts that compress tell no useful Content-Length. */
export interface EmulatorFile {
  bytes: number;
  sha256: string;
}

/** v86.wasm: fetched, checked and compiled once for all starts; after a failure the next start tries again. */
export class EmulatorCode implements EmulatorSource {
  readonly #url: URL;
  readonly #file: EmulatorFile;
  readonly #clock: Clock;
  readonly #progress = new Emitter<FetchProgress>();
  #lastProgress: FetchProgress;
  #compiled: Promise<WebAssembly.Module> | undefined;

  constructor(url: URL, file: EmulatorFile, clock: Clock) {
    this.#url = url;
    this.#file = file;
    this.#clock = clock;
    this.#lastProgress = this.#after(0);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  async load(onProgress: (progress: FetchProgress) => void): Promise<WebAssembly.Module> {
    this.#compiled ??= this.#compile();
    this.#compiled.catch(() => (this.#compiled = undefined));
    onProgress(this.#lastProgress);
    const stop = this.#progress.listen(onProgress);
    return this.#compiled.finally(stop);
  }

  /** What arrived damaged is fetched once more, past the browser's own cache. */
  async #compile(): Promise<WebAssembly.Module> {
    try {
      return await this.#fetchAndCompile('default');
    } catch (error) {
      if (asSandglassError(error).code !== 'data-loss') throw error;
      return this.#fetchAndCompile('reload');
    }
  }

  async #fetchAndCompile(cache: RequestCache): Promise<WebAssembly.Module> {
    this.#tell(0);
    const download = new Download({
      name: 'the emulator',
      url: this.#url.href,
      bytes: this.bytes,
      cache,
      clock: this.#clock,
    });
    const response = await download.open();
    // The browser keeps the compiled code only of an answer that it streams itself: what is counted and checked is a copy.
    const arrived: Uint8Array[] = [];
    const read = download.read(response.clone(), (chunk, received) => {
      arrived.push(chunk);
      this.#tell(received);
    });
    const compiled = compileResponse(response);
    // A download that breaks fails both; its own words say more.
    compiled.catch(() => undefined);
    await read;
    const digest = await sha256Hex(concatBytes(arrived));
    if (digest !== this.#file.sha256) {
      throw new SandglassError(
        'data-loss',
        `The emulator arrived damaged: its SHA-256 is ${digest} instead of ${this.#file.sha256}.`,
      );
    }
    return compiled;
  }

  #tell(loadedBytes: number): void {
    this.#lastProgress = this.#after(loadedBytes);
    this.#progress.emit(this.#lastProgress);
  }

  #after(loadedBytes: number): FetchProgress {
    return { loadedBytes, totalBytes: this.bytes, fromCache: false };
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  try {
    // compileStreaming insists on the MIME type, which not every host knows.
    const streaming = response.headers.get('Content-Type') === 'application/wasm';
    if (streaming) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    const message = 'This browser could not compile the emulator.';
    throw new SandglassError('failed-precondition', message, { cause });
  }
}
