import { BytePort } from '#base/byte-port.ts';
import { readAllText } from '#base/byte-stream.ts';
import { throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { CommandResult } from '#lessons/code.ts';
import type { NodeApi, ProcessEnd } from '#rpc/contracts.ts';

/** Where a login shell of the node begins. */
export const readersDirectory = '/root';

/** Signals by number (signal(7)), of those that end a command in a lesson. */
const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Runs a command line on the node to its end, with nothing on its standard input. */
export async function runOnNode(
  api: NodeApi,
  command: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  throwIfCancelled(signal);
  const output = BytePort.pair();
  const errors = BytePort.pair();
  output.near.outgoing.end();
  const run = Promise.all([
    api.runCommand(command, output.far, errors.far),
    readAllText(output.near.incoming, signal),
    readAllText(errors.near.incoming, signal),
  ]);
  const [end, stdout, stderr] = await untilAborted(run, signal);
  return { code: exitCode(end), stdout, stderr };
}

/** Writes a text into the reader's directory; one that names its interpreter can be executed. */
export async function writeText(
  api: NodeApi,
  name: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  throwIfCancelled(signal);
  const { near, far } = BytePort.pair();
  const mode = text.startsWith('#!') ? 0o755 : 0o644;
  const uploaded = api.uploadFile(`${readersDirectory}/${name}`, far, { name, mode });
  await Promise.all([uploaded, send(near, new TextEncoder().encode(text), signal)]);
}

async function send(port: BytePort, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (bytes.length > 0) await port.outgoing.write(bytes, signal);
  port.outgoing.end();
}

/** As a shell says it (bash(1), EXIT STATUS). */
function exitCode(end: ProcessEnd): number {
  return end.kind === 'exited' ? end.code : 128 + (signalNumbers[end.signal] ?? 0);
}
