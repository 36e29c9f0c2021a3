import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function sha256OfFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

/** One digest of named values, whatever the order they were named in. */
export function sha256OfRecord(record: Readonly<Record<string, string>>): string {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(entries));
}

/** Every file below a folder by its relative path, sorted, so that digests do not depend on the disk. */
export async function listFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    found.push(path.relative(folder, path.join(entry.parentPath, entry.name)));
  }
  return found.map((name) => name.split(path.sep).join('/')).sort();
}

/** The digest of a folder's sources: names and contents, without the tests. */
export async function sha256OfSources(
  folder: string,
  wanted: (name: string) => boolean = () => true,
): Promise<string> {
  const record: Record<string, string> = {};
  for (const name of await listFiles(folder)) {
    if (/\.test\.ts$/.test(name) || !wanted(name)) continue;
    record[name] = sha256(await readFile(path.join(folder, name)));
  }
  return sha256OfRecord(record);
}
