import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { listFiles, sha256OfFile, sha256OfRecord } from './digest.ts';

/** One file of a finished step's output. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A finished step: a folder that nobody writes to again. */
export interface Entry {
  readonly key: string;
  /** One digest over the output's names and contents: what later steps depend on. */
  readonly digest: string;
  readonly output: string;
  readonly files: readonly OutputFile[];
}

/** A step being built. It becomes an entry by a rename, or stays invisible. */
export interface Draft {
  readonly output: string;
  /** Scratch space, gone when the step is finished. */
  readonly work: string;
  readonly resumed: boolean;
}

const recordName = 'entry.json';
/** The newest few results of a step are kept: going back to an earlier commit then costs nothing. */
const keptEntries = 3;

export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SANDGLASS_CACHE']) return path.resolve(env['SANDGLASS_CACHE']);
  if (env['XDG_CACHE_HOME']) return path.join(env['XDG_CACHE_HOME'], 'sandglass');
  return path.join(os.homedir(), '.cache', 'sandglass');
}

/** Results of steps on the disk, each under the digest of everything it was made from. */
export class Cache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async find(step: string, key: string): Promise<Entry | undefined> {
    const entry = path.join(this.folder, step, key);
    let record: Omit<Entry, 'output'>;
    try {
      record = JSON.parse(await readFile(path.join(entry, recordName), 'utf8')) as typeof record;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const now = new Date();
    await utimes(entry, now, now);
    return { ...record, output: path.join(entry, 'output') };
  }

  /** Starts a step's output. A resumable step finds the scratch files of its interrupted run. */
  async draft(step: string, key: string, resumable: boolean): Promise<Draft> {
    const folder = this.#draftFolder(step, key);
    await this.#removeDrafts(step, resumable ? folder : undefined);
    const work = path.join(folder, 'work');
    const resumed = await exists(work);
    const output = path.join(folder, 'output');
    await rm(output, { recursive: true, force: true });
    await mkdir(output, { recursive: true });
    await mkdir(work, { recursive: true });
    return { output, work, resumed };
  }

  /** Turns the draft into an entry in one rename, replacing an older result of the same key. */
  async commit(step: string, key: string): Promise<Entry> {
    const folder = this.#draftFolder(step, key);
    const output = path.join(folder, 'output');
    const files: OutputFile[] = [];
    for (const name of await listFiles(output)) {
      const file = path.join(output, name);
      const { size } = await stat(file);
      files.push({ path: name, bytes: size, sha256: await sha256OfFile(file) });
    }
    const digest = sha256OfRecord(Object.fromEntries(files.map((f) => [f.path, f.sha256])));
    await writeFile(path.join(folder, recordName), JSON.stringify({ key, digest, files }));
    await rm(path.join(folder, 'work'), { recursive: true, force: true });
    const entry = path.join(this.folder, step, key);
    await rm(entry, { recursive: true, force: true });
    await rename(folder, entry);
    await this.#prune(step);
    return { key, digest, files, output: path.join(entry, 'output') };
  }

  /** Drops a draft that will not be resumed. */
  async discard(step: string, key: string): Promise<void> {
    await rm(this.#draftFolder(step, key), { recursive: true, force: true });
  }

  #draftFolder(step: string, key: string): string {
    return path.join(this.folder, step, `${key}.draft`);
  }

  async #removeDrafts(step: string, except: string | undefined): Promise<void> {
    for (const name of await namesIn(path.join(this.folder, step))) {
      const folder = path.join(this.folder, step, name);
      if (name.endsWith('.draft') && folder !== except) {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }

  async #prune(step: string): Promise<void> {
    const entries: { folder: string; used: number }[] = [];
    for (const name of await namesIn(path.join(this.folder, step))) {
      if (name.endsWith('.draft')) continue;
      const folder = path.join(this.folder, step, name);
      entries.push({ folder, used: (await stat(folder)).mtimeMs });
    }
    entries.sort((a, b) => b.used - a.used);
    for (const { folder } of entries.slice(keptEntries)) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
