import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256, sha256OfRecord } from './recipe/digest.ts';

const sourceFolder = path.resolve(import.meta.dirname, '../src');

/** Statements whose imports are gone when the program runs. */
const typeStatements = /^(?:import|export) type [^;]*;$/gm;
/** `from '…'`, `import '…'` and `import('…')` of our own modules: relative, or `#folder/…` in src/. */
const imports = /(?:\bfrom|\bimport)\s*\(?\s*'([.#][^']*\.ts)'/g;

/**
 * One digest of a module and of all modules of ours that it runs with, so that what it produced
 * stays valid while other code changes.
 */
export async function sha256OfModule(entry: string, source = sourceFolder): Promise<string> {
  return sha256OfRecord(await modulesOf(entry, source));
}

/** The digest of each module, by its path from the folder of sources. */
export async function modulesOf(
  entry: string,
  source = sourceFolder,
): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const name = path.relative(source, file);
    if (name in digests) continue;
    const text = await readFile(file, 'utf8');
    digests[name] = sha256(text);
    for (const [, specifier = ''] of text.replace(typeStatements, '').matchAll(imports)) {
      waiting.push(
        specifier.startsWith('#')
          ? path.join(source, specifier.slice(1))
          : path.resolve(path.dirname(file), specifier),
      );
    }
  }
  return digests;
}
