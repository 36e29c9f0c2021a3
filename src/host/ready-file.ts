import { rename, rm, writeFile } from 'node:fs/promises';
import { SandglassError } from '#base/errors.ts';
import type { Listening } from '#rpc/contracts.ts';

/** What a program that waits for the node reads. */
export interface ReadyReport extends Listening {
  node: string;
  /** The process that wrote it: one that was killed leaves its file behind. */
  pid: number;
}

/** The file that says that the node is ready, and is there only while it is. */
export class ReadyFile {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Whoever reads it finds all of it. */
  async write(report: ReadyReport): Promise<void> {
    const partial = `${this.#file}.${process.pid}`;
    try {
      await writeFile(partial, `${JSON.stringify(report, undefined, 2)}\n`);
      await rename(partial, this.#file);
    } catch (cause) {
      await rm(partial, { force: true });
      const why = (cause as Error).message;
      throw new SandglassError('unavailable', `--ready-file: ${this.#file}: ${why}`, { cause });
    }
  }

  /** Also one that an earlier process left. */
  async remove(): Promise<void> {
    try {
      await rm(this.#file, { force: true });
    } catch (cause) {
      const why = (cause as Error).message;
      throw new SandglassError('unavailable', `--ready-file: ${this.#file}: ${why}`, { cause });
    }
  }
}
