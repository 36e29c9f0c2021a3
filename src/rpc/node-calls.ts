import { BytePort } from '#base/byte-port.ts';
import { readAllText } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { NodeApi, ProcessEnd } from './contracts.ts';

/** How a command ended, and what it said. */
export interface CommandResult {
  /** The exit code; 128 and the signal's number of one that was killed. */
  code: number;
  stdout: string;
  stderr: string;
}

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

/** Runs a command line on the node to its end, with nothing on its standard input. If the signal fires, it is killed. */
export async function runOnNode(
  api: NodeApi,
  command: string,
  signal?: AbortSignal,
): Promise<CommandResult> {
  throwIfCancelled(signal);
  const output = BytePort.pair();
  const errors = BytePort.pair();
  output.near.outgoing.end();
  const run = Promise.all([
    api.runCommand(command, output.far, errors.far),
    readAllText(output.near.incoming),
    readAllText(errors.near.incoming),
  ]);
  try {
    const [end, stdout, stderr] = await untilAborted(run, signal);
    return { code: exitCode(end), stdout, stderr };
  } catch (error) {
    for (const { near } of [output, errors]) near.incoming.cancel();
    throw error;
  }
}

/** Writes a text into a file of the node, whole or not at all; one that names its interpreter can be executed. */
export async function writeText(
  api: NodeApi,
  path: string,
  text: string,
  signal?: AbortSignal,
): Promise<void> {
  throwIfCancelled(signal);
  const { near, far } = BytePort.pair();
  const name = path.slice(path.lastIndexOf('/') + 1);
  const mode = text.startsWith('#!') ? 0o755 : 0o644;
  const bytes = new TextEncoder().encode(text);
  const uploaded = api.uploadFile(path, far, { name, mode });
  // What the far side refuses, the call says; of a wait that is cancelled here, the far side is to know.
  send(near, bytes, signal).catch((error: unknown) => near.fail(asSandglassError(error)));
  const written = await uploaded;
  if (written.bytes !== bytes.length) {
    throw new SandglassError('data-loss', `Only a part of ${path} arrived on the node.`);
  }
}

async function send(port: BytePort, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  if (bytes.length > 0) await port.outgoing.write(bytes, signal);
  port.outgoing.end();
}

/** As a shell says it (bash(1), EXIT STATUS). */
function exitCode(end: ProcessEnd): number {
  return end.kind === 'exited' ? end.code : 128 + (signalNumbers[end.signal] ?? 0);
}
