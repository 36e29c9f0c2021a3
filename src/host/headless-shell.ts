import { BytePort } from '#base/byte-port.ts';
import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import type { NodeApi, ProcessEnd } from '#rpc/contracts.ts';

/** Ctrl-] as in telnet(1): leaves the interactive shell without ending it first. */
const escapeByte = 0x1d;

/** As ssh does: a terminal of its own for a reader at one, and for a script only pipes. */
export function runShell(api: NodeApi, command: string | undefined): Promise<ProcessEnd> {
  if (command !== undefined) return run(api, command);
  return process.stdin.isTTY ? interact(api) : run(api, 'exec /bin/bash --login');
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
