import type { Clock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import type { FetchProgress } from '#cluster/guest-assets.ts';
import type { EmulatorSource } from '#cluster/node-images.ts';
import { Download } from './download.ts';

/** v86.wasm: fetched and compiled once for all starts; after a failure the next start tries again. */
export class EmulatorCode implements EmulatorSource {
  readonly bytes: number;
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #progress = new Emitter<FetchProgress>();
  #lastProgress: FetchProgress;
  #compiled: Promise<WebAssembly.Module> | undefined;

  /** `bytes` is the decoded size: hosts that compress tell no useful Content-Length. */
  constructor(url: URL, bytes: number, clock: Clock) {
    this.#url = url;
    this.bytes = bytes;
    this.#clock = clock;
    this.#lastProgress = this.#after(0);
  }

  async load(onProgress: (progress: FetchProgress) => void): Promise<WebAssembly.Module> {
    this.#compiled ??= this.#compile();
    this.#compiled.catch(() => (this.#compiled = undefined));
    onProgress(this.#lastProgress);
    const stop = this.#progress.listen(onProgress);
    return this.#compiled.finally(stop);
  }

  async #compile(): Promise<WebAssembly.Module> {
    this.#lastProgress = this.#after(0);
    const download = new Download({
      name: 'the emulator',
      url: this.#url.href,
      bytes: this.bytes,
      clock: this.#clock,
    });
    const response = await download.open();
    // The browser keeps the compiled code only of an answer that it streams itself: what is counted is a copy.
    const counted = download.read(response.clone(), (_chunk, received) => {
      this.#lastProgress = this.#after(received);
      this.#progress.emit(this.#lastProgress);
    });
    const compiled = compileResponse(response);
    // A download that breaks fails both; its own words say more.
    compiled.catch(() => undefined);
    await counted;
    return compiled;
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
    throw new SandglassError('data-loss', 'The emulator arrived damaged: it does not compile.', {
      cause,
    });
  }
}
