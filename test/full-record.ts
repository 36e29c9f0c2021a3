import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';

export const resultsDirectory = 'test-results';
const recordFile = path.join(resultsDirectory, 'full.json');

interface Contents {
  tree: string;
  /** Tests that passed, by shard. */
  passed: Record<string, number>;
}

/** Which shards of the full run have passed on exactly this tree. */
export class FullRecord {
  readonly #contents: Contents;

  private constructor(contents: Contents) {
    this.#contents = contents;
  }

  static open({ again }: { again: boolean }): FullRecord {
    const tree = treeDigest();
    if (!again && existsSync(recordFile)) {
      const contents = JSON.parse(readFileSync(recordFile, 'utf8')) as Contents;
      if (contents.tree === tree) return new FullRecord(contents);
    }
    return new FullRecord({ tree, passed: {} });
  }

  passedBefore(shard: string): number | undefined {
    return this.#contents.passed[shard];
  }

  /** Notes a shard, unless the tree is another by now: then nobody knows what it ran on. */
  add(shard: string, passed: number): void {
    if (treeDigest() !== this.#contents.tree) {
      console.log(`── ${shard}: the tree has changed during the run, so this is not remembered`);
      return;
    }
    this.#contents.passed[shard] = passed;
    // by a rename, so that a run that is killed here leaves the record it had
    writeFileSync(`${recordFile}.new`, JSON.stringify(this.#contents));
    renameSync(`${recordFile}.new`, recordFile);
  }
}

/** Every file that git knows or would add, sorted. */
export function gitFiles(folder = '.'): string[] {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', folder],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (status !== 0) {
    throw new SandglassError('failed-precondition', `git cannot list this tree: ${stderr}`);
  }
  const names = stdout.split('\n').filter((name) => name !== '' && existsSync(name));
  return [...new Set(names)].sort();
}

function treeDigest(): string {
  const digest = createHash('sha256');
  for (const file of gitFiles()) {
    digest.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return digest.digest('hex');
}
