import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError, throwIfCancelled } from '#base/errors.ts';
import { exists } from '../recipe/cache.ts';
import { sha256OfFile } from '../recipe/digest.ts';
import { wrongDigest } from '../recipe/failure.ts';
import { megabytes, type Progress } from '../recipe/progress.ts';
import type { Apt, PackageRecord } from './apt.ts';

/** Downloaded packages, each under its digest; shared by all builds of this cache. */
export class PackageStore {
  readonly #folder: string;
  readonly #apt: Apt;
  readonly #progress: Progress;

  constructor(cacheFolder: string, apt: Apt, progress: Progress) {
    this.#folder = path.join(cacheFolder, 'debs');
    this.#apt = apt;
    this.#progress = progress;
  }

  fileOf(record: PackageRecord): string {
    return path.join(this.#folder, `${record.sha256}.deb`);
  }

  /** Downloads what is missing and checks each file against the digest in the signed index. */
  async fetch(records: readonly PackageRecord[], signal?: AbortSignal): Promise<void> {
    const missing: PackageRecord[] = [];
    for (const record of records) {
      if (!(await exists(this.fileOf(record)))) missing.push(record);
    }
    if (missing.length === 0) return;
    const incoming = path.join(this.#folder, 'incoming');
    await mkdir(incoming, { recursive: true });
    const total = missing.reduce((sum, record) => sum + record.bytes, 0);
    const timer = setInterval(() => {
      void folderBytes(incoming).then((bytes) => {
        this.#progress.at(`downloading packages: ${megabytes(bytes)} of ${megabytes(total)}`);
      });
    }, 500);
    try {
      // apt-get continues a file that an interrupted run left here, and checks the digest itself.
      await this.#apt.run(
        [
          'apt-get',
          '-q',
          '-o=Acquire::Retries=3',
          'download',
          ...missing.map(({ name, version }) => `${name}=${version}`),
        ],
        { cwd: incoming, ...(signal && { signal }) },
      );
    } catch (error) {
      throw explainDownload(error);
    } finally {
      clearInterval(timer);
    }
    for (const record of missing) {
      throwIfCancelled(signal);
      await this.accept(path.join(incoming, fileName(record)), record);
    }
  }

  /** Takes a downloaded file into the store if it is what the index promised. */
  async accept(file: string, record: PackageRecord): Promise<void> {
    const actual = await sha256OfFile(file);
    if (actual !== record.sha256) {
      await rm(file, { force: true });
      throw wrongDigest(`The package ${record.name} ${record.version}`, record.sha256, actual);
    }
    await mkdir(this.#folder, { recursive: true });
    await rename(file, this.fileOf(record));
  }
}

/** Removes downloads that nobody wants any more. */
export async function prunePackages(
  cacheFolder: string,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const folder = path.join(cacheFolder, 'debs');
  for (const name of await readdir(folder).catch(() => [])) {
    const digest = /^([0-9a-f]{64})\.deb$/.exec(name)?.[1];
    if (digest !== undefined && !wanted.has(digest)) {
      await rm(path.join(folder, name), { force: true });
    }
  }
}

/** apt's name for a downloaded file: an epoch's colon is escaped. */
export function fileName({ name, version, architecture }: PackageRecord): string {
  return `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
}

async function folderBytes(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    sum += await stat(path.join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}

function explainDownload(error: unknown): unknown {
  if (!(error instanceof SandglassError) || error.code !== 'internal') return error;
  if (/Hash Sum mismatch|unexpected size/.test(error.message)) {
    return new SandglassError(
      'data-loss',
      'A downloaded package does not have the digest that the signed index promises; it was thrown ' +
        'away. Run the same command again, and if that does not help, with --refresh.',
      { cause: error },
    );
  }
  if (/was not found|404 {2}Not Found|Can't find/.test(error.message)) {
    return new SandglassError(
      'not-found',
      'A package is no longer offered in the version that was chosen. Run the build with --refresh.',
      { cause: error },
    );
  }
  return error;
}
