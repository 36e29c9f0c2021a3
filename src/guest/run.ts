import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { ownOutput } from './own-output.ts';
import type { GuestProcess, ProcessExit, ProcessSpec } from './process.ts';

export interface RunOptions {
  /** What the process reads from its standard input, which then ends. */
  input?: Uint8Array | string;
  /** Bytes of each output to keep at most; more is `resource-exhausted`, and the process is killed. */
  outputLimit?: number;
  /** Told of the process's number as soon as it has one. */
  onStart?: (pid: number) => void;
  signal?: AbortSignal;
}

export interface RunResult {
  exit: ProcessExit;
  stdout: Uint8Array;
  stderr: Uint8Array;
}

/** Runs a process to its end. Children that it leaves behind are not waited for. */
export async function runProcess(
  spawn: (spec: ProcessSpec, signal?: AbortSignal) => Promise<GuestProcess>,
  spec: ProcessSpec,
  { input, outputLimit = 16 << 20, onStart, signal }: RunOptions = {},
): Promise<RunResult> {
  const process = await spawn({ ...spec, stdin: input !== undefined }, signal);
  onStart?.(process.pid);
  try {
    const fed = feed();
    const stdout = collect('stdout');
    const stderr = process.stderr ? collect('stderr') : emptyOutput;
    const [exit, out, error] = await Promise.all([process.exited, stdout, stderr, fed]);
    return { exit, stdout: out, stderr: error };
  } finally {
    process.kill();
  }

  async function feed(): Promise<void> {
    if (input === undefined) return;
    const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
    // A process may end, or close its input, before it has read all.
    await process.stdin?.write(bytes).catch(() => undefined);
    process.stdin?.end();
  }

  async function collect(name: 'stdout' | 'stderr'): Promise<Uint8Array> {
    const source = ownOutput(process, name);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (let chunk = await source.read(); chunk; chunk = await source.read()) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > outputLimit) {
        throw new SandglassError(
          'resource-exhausted',
          `${spec.argv[0] ?? 'The process'} wrote more than ${outputLimit} bytes to its ${name}.`,
        );
      }
    }
    return concatBytes(chunks);
  }
}

const emptyOutput = Promise.resolve(new Uint8Array(0));
