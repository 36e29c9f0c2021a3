import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { BytePort } from '#base/byte-port.ts';
import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { exitCode } from '#cluster/exit-code.ts';
import type { NodeConnection } from '#rpc/connect.ts';
import type { NodeApi, ProcessEnd } from '#rpc/contracts.ts';
import { connectNodeThread } from './connect-thread.ts';
import { guestDirectory } from './guest-directory.ts';
import { type HeadlessOptions, parseHeadlessOptions, usage } from './headless-options.ts';

/** Ctrl-] as in telnet(1): leaves the interactive shell without ending it first. */
const escapeByte = 0x1d;

async function main(): Promise<number> {
  const options = parseHeadlessOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const connection = connectNodeThread(guestDirectory());
  try {
    const death = connection.death.then((error) => Promise.reject(error));
    return await Promise.race([useNode(connection, options), terminated(), death]);
  } finally {
    connection.dispose();
  }
}

async function useNode({ api }: NodeConnection, options: HeadlessOptions): Promise<number> {
  const { memoryBytes } = options;
  await api.watchNotices(({ message }) => void process.stderr.write(`sandglass: ${message}\n`));
  const copies = await Promise.all(options.copies.map(examine));
  if (memoryBytes === undefined) await api.start('snapshot');
  else await api.start('cold-boot', { memoryBytes });
  for (const copy of copies) await copyIn(api, copy);
  return exitCode(await serve(api, options.run));
}

/** As ssh does: a terminal of its own for a reader at one, and for a script only pipes. */
function serve(api: NodeApi, command: string | undefined): Promise<ProcessEnd> {
  if (command !== undefined) return run(api, command);
  return process.stdin.isTTY ? interact(api) : run(api, 'exec /bin/bash --login');
}

interface Copy {
  file: string;
  guestPath: string;
  mode: number;
}

/** Before the machine starts: a mistyped name should not cost a boot. */
async function examine({ file, guestPath }: HeadlessOptions['copies'][number]): Promise<Copy> {
  const status = await stat(file).catch((cause: unknown) => {
    throw new SandglassError('not-found', `--copy: ${file} cannot be read.`, { cause });
  });
  if (!status.isFile()) {
    throw new SandglassError('invalid-argument', `--copy: ${file} is not a file.`);
  }
  return { file, guestPath, mode: status.mode & 0o7777 };
}

async function copyIn(api: NodeApi, { file, guestPath, mode }: Copy): Promise<void> {
  const { near, far } = BytePort.pair();
  const { outgoing } = near;
  const upload = api.uploadFile(guestPath, far, mode);
  const send = async () => {
    for await (const chunk of createReadStream(file)) await outgoing.write(chunk as Uint8Array);
    outgoing.end();
  };
  await Promise.race([upload, send().then(() => upload)]);
}

async function run(api: NodeApi, command: string): Promise<ProcessEnd> {
  const standard = BytePort.pair();
  const errors = BytePort.pair();
  const ended = api.runCommand(command, standard.far, errors.far);
  void pumpInput(standard.near.outgoing);
  // The command's end is known before the last of its output has come.
  const [end] = await Promise.all([
    ended,
    pumpOutput(standard.near.incoming, process.stdout),
    pumpOutput(errors.near.incoming, process.stderr),
  ]);
  return end;
}

async function interact(api: NodeApi): Promise<ProcessEnd> {
  const { near: streams, far } = BytePort.pair();
  const size = () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
  const terminal = await api.openTerminal(size(), far);
  process.stdout.on(
    'resize',
    () => void api.resizeTerminal(terminal, size()).catch(() => undefined),
  );
  if (process.stdin.isTTY) {
    process.stdin.setRawMode(true);
    process.stderr.write('Leave with "exit" or Ctrl-].\r\n');
  }
  const left = pumpInput(streams.outgoing);
  try {
    const output = pumpOutput(streams.incoming, process.stdout);
    return await Promise.race([
      output.then(() => api.terminalEnd(terminal)),
      left.then((): ProcessEnd => ({ kind: 'exited', code: 0 })),
    ]);
  } finally {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  }
}

/** Sends standard input on, waiting for the guest; resolves only if the escape byte was typed. */
function pumpInput(sink: ByteSink): Promise<void> {
  return new Promise((resolve) => {
    const { stdin } = process;
    stdin.on('data', (chunk: Buffer) => {
      const at = stdin.isTTY ? chunk.indexOf(escapeByte) : -1;
      if (at >= 0) resolve();
      stdin.pause();
      sink.write(at >= 0 ? chunk.subarray(0, at) : chunk).then(
        () => stdin.resume(),
        // The command reads no more: what else is typed has nowhere to go.
        () => stdin.pause(),
      );
    });
    stdin.on('end', () => sink.end());
  });
}

async function pumpOutput(source: ByteSource, stream: NodeJS.WriteStream): Promise<void> {
  for (let chunk = await source.read(); chunk; chunk = await source.read()) {
    const bytes = chunk;
    await new Promise<void>((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Resolves with an exit code when this process is asked to end. */
function terminated(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(128 + constants.signals[signal]));
    }
  });
}

// Whoever reads our output has closed the pipe: end without a word, as SIGPIPE ends other programs.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(128 + constants.signals.SIGPIPE);
});

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`sandglass: ${asSandglassError(error).message}\n`);
  process.exit(1);
}
