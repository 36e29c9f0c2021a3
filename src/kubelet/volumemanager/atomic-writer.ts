import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { Clock } from '#base/clock.ts';
import { formatTime } from '#kube/time.ts';
import type { NodeFiles } from '#kubelet/ports.ts';

export interface PayloadFile {
  data: Uint8Array;
  mode: number;
}

/** Files by path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';
const newDataLink = '..data_tmp';
const maxPath = 4096;
const maxName = 255;

/**
 * Writes a volume so that its readers see the old content or the new, never a mixture: files lie in
 * a directory of their own, to which one link leads that is replaced by rename(2)
 * (pkg/volume/util/atomic_writer.go).
 */
export class AtomicWriter {
  readonly #files: NodeFiles;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(options: {
    files: NodeFiles;
    directory: string;
    clock: Clock;
    random: () => number;
  }) {
    this.#files = options.files;
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  async write(payload: Payload, group: number | undefined, signal: AbortSignal): Promise<void> {
    for (const path of payload.keys()) validatePath(path);
    const old = await this.#currentVersion(signal);
    const version = this.#newVersion();
    await this.#writeFiles(`${this.#directory}/${version}`, payload, group, signal);
    await this.#files.remove(`${this.#directory}/${newDataLink}`, { missing: 'ignore', signal });
    await this.#files.symlink(`${this.#directory}/${newDataLink}`, version, signal);
    await this.#files.rename(
      `${this.#directory}/${newDataLink}`,
      `${this.#directory}/${dataLink}`,
      signal,
    );
    await this.#link(payload, signal);
    if (old !== undefined && old !== version) {
      await this.#files.remove(`${this.#directory}/${old}`, {
        recursive: true,
        missing: 'ignore',
        signal,
      });
    }
  }

  async #currentVersion(signal: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#files.readLink(`${this.#directory}/${dataLink}`, signal);
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return undefined;
      throw error;
    }
  }

  /** As Go's time layout ..2006_01_02_15_04_05. and a random number have it. */
  #newVersion(): string {
    const time = formatTime(this.#clock.wallTime()).replace('Z', '').replaceAll(/[-T:]/g, '_');
    return `..${time}.${Math.floor(this.#random() * 1e10)}`;
  }

  async #writeFiles(
    directory: string,
    payload: Payload,
    group: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const directories = new Set([
      directory,
      ...[...payload.keys()].map((path) => parentOf(`${directory}/${path}`)),
    ]);
    for (const path of [...directories].sort()) {
      await this.#files.makeDirectory(path, { parents: true, mode: 0o755, signal });
      if (group !== undefined) await this.#own(path, 0o2750 | 0o755, group, signal);
    }
    await Promise.all(
      [...payload].map(async ([path, { data, mode }]) => {
        const file = `${directory}/${path}`;
        const effective = group === undefined ? mode : mode | 0o440;
        await this.#files.write(file, data, { mode: effective, signal });
        if (group === undefined) await this.#files.changeMode(file, effective, signal);
        else await this.#own(file, effective, group, signal);
      }),
    );
  }

  async #own(path: string, mode: number, gid: number, signal: AbortSignal): Promise<void> {
    await this.#files.changeOwner(path, { uid: 0, gid }, { signal });
    await this.#files.changeMode(path, mode, signal);
  }

  /** One link for each name at the top, and none for names that are no more. */
  async #link(payload: Payload, signal: AbortSignal): Promise<void> {
    const wanted = new Set([...payload.keys()].map((path) => path.split('/', 1)[0] ?? path));
    const present = new Set(
      (await this.#files.list(this.#directory, signal))
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('..')),
    );
    const missing = [...wanted].filter((name) => !present.has(name));
    const stale = [...present].filter((name) => !wanted.has(name));
    await Promise.all([
      ...missing.map((name) =>
        this.#files.symlink(`${this.#directory}/${name}`, `${dataLink}/${name}`, signal),
      ),
      ...stale.map((name) =>
        this.#files.remove(`${this.#directory}/${name}`, { missing: 'ignore', signal }),
      ),
    ]);
  }
}

function validatePath(path: string): void {
  const parts = path.split('/');
  if (path === '' || path.startsWith('/'))
    throw invalid(`invalid path: must be relative path: ${path}`);
  if (path.length > maxPath)
    throw invalid(`invalid path: must be less than or equal to ${maxPath} characters`);
  if (parts.includes('..')) throw invalid(`invalid path: must not contain "..": ${path}`);
  if (parts[0]?.startsWith('..')) throw invalid(`invalid path: must not start with "..": ${path}`);
  if (parts.some((part) => part.length > maxName)) {
    throw invalid(`invalid path: filenames must be less than or equal to ${maxName} characters`);
  }
}

function invalid(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
