import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { ReadyReport } from '#host/ready-file.ts';

const script = path.resolve('src/host/headless.ts');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A headless node in a process of its own. */
export class Headless {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Outcome>;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
      ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
    );
  }

  /** What it says in its ready file, once it says that it is ready. */
  async ready(file: string): Promise<ReadyReport> {
    const told = new Promise<void>((resolve) => {
      let said = '';
      this.#child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Ready.')) resolve();
      });
    });
    const early = this.#ended.then(({ code, stderr }) => {
      throw new Error(`It ended with ${String(code)} before it was ready: ${stderr}`);
    });
    await Promise.race([told, early]);
    return JSON.parse(await readFile(file, 'utf8')) as ReadyReport;
  }

  ended(): Promise<Outcome> {
    return this.#ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    this.#child.kill(signal);
    return this.#ended;
  }
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
