import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { cancelledError, SandglassError, throwIfCancelled } from '#base/errors.ts';
import { failureInOutput } from './failure.ts';

export interface CommandOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Each line of standard output as it comes. */
  onLine?: (line: string) => void;
  /** Standard output goes to this file instead of memory. */
  outputFile?: string;
  input?: Uint8Array;
  /** Exit codes that are answers rather than failures. */
  allowedCodes?: readonly number[];
}

export interface CommandResult {
  readonly code: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** How long a child may take to end after being asked, before it is killed. */
const graceMs = 3000;
/** A failure's text keeps this much of what the command said last. */
const tailChars = 2000;

/**
 * Runs a command to its end. It gets a process group of its own, so that cancelling ends its
 * children (make's compilers, apt's methods) with it, and resolves or rejects only after it is gone.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { signal } = options;
  throwIfCancelled(signal);
  const child = spawn(command, args, {
    cwd: options.cwd,
    // Messages are read below, so they must be in one language.
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    detached: true,
    stdio: 'pipe',
  });
  const output: Buffer[] = [];
  let tail = '';
  let errors = '';
  const kill = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // the group has ended by itself
    }
  };
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    kill('SIGTERM');
    killer = setTimeout(() => {
      kill('SIGKILL');
    }, graceMs);
  };
  signal?.addEventListener('abort', stop, { once: true });
  let fileFailure: unknown;
  let fileDone: Promise<void> = Promise.resolve();
  if (options.outputFile === undefined) {
    child.stdout.on('data', (chunk: Buffer) => {
      if (options.onLine) tail = (tail + chunk.toString()).slice(-tailChars);
      else output.push(chunk);
    });
    if (options.onLine) createInterface(child.stdout).on('line', options.onLine);
  } else {
    const file = createWriteStream(options.outputFile);
    fileDone = finished(child.stdout.pipe(file)).catch((error: unknown) => {
      fileFailure = error;
      stop();
    });
  }
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-tailChars);
  });
  child.stdin.on('error', () => {
    // a child that does not read its input says so by its exit code
  });
  child.stdin.end(options.input);
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null];
    await fileDone;
    if (signal?.aborted) throw cancelledError(signal);
    if (fileFailure) throw fileFailure as Error;
    if (code !== null && [0, ...(options.allowedCodes ?? [])].includes(code)) {
      return { code, output: Buffer.concat(output), errors };
    }
    const said = `${tail}${errors}`;
    const how = killedBy === null ? `exit code ${String(code)}` : killedBy;
    throw (
      failureInOutput(said, options.cwd ?? process.cwd()) ??
      new SandglassError('internal', `${command} failed (${how}):\n${said.trim()}`)
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && child.pid === undefined) {
      throw new SandglassError('failed-precondition', `The program ${command} is missing.`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    clearTimeout(killer);
    signal?.removeEventListener('abort', stop);
  }
}
