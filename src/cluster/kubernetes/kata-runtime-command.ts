import { type ByteSource, pipeBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { Invocation, Program } from '#cli/ports.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { Connection } from '#guest/sockets.ts';
import { SandboxPaths } from '#runtimes/kata/kata-paths.ts';
import { debugPort } from '#runtimes/kata/vsock.ts';

const usage = `NAME:
   kata-runtime exec - Enter into guest by debug console

USAGE:
   kata-runtime exec <sandbox-id>
`;

/** What of Kata's own command line a miniature has: a shell in a pod's virtual machine (src/runtime/cmd/kata-runtime/kata-exec.go). */
export function createKataRuntime(agent: AgentClient): Program {
  return async (call) => {
    const [, command, wanted] = call.argv;
    if (command !== 'exec' || wanted === undefined) {
      await call.stderr.write(new TextEncoder().encode(usage));
      return 1;
    }
    const id = await findSandbox(agent, wanted);
    const console = await connectToConsole(agent, id, call.signal);
    await relay(call, console);
    return 0;
  };
}

/** An id may be shortened as far as it stays the only one. */
async function findSandbox(agent: AgentClient, wanted: string): Promise<string> {
  const directory = parentOf(new SandboxPaths(wanted).state);
  const entries = await agent.files.list(directory).catch((error: unknown) => {
    if (asSandglassError(error).code !== 'not-found') throw error;
    return [];
  });
  const ids = entries.map(({ name }) => name).filter((name) => name.startsWith(wanted));
  const [id, another] = ids;
  if (id === undefined) {
    throw new SandglassError(
      'not-found',
      `the virtual machine of sandbox "${wanted}" is not there`,
    );
  }
  if (another !== undefined) {
    throw new SandglassError('invalid-argument', `more than one sandbox begins with "${wanted}"`);
  }
  return id;
}

/** By the VMM's socket, in Firecracker's way of asking for a port of vsock. */
async function connectToConsole(
  agent: AgentClient,
  id: string,
  signal: AbortSignal,
): Promise<Connection> {
  const connection = await agent.connect({ unix: new SandboxPaths(id).vsock }, signal);
  let answer = '';
  try {
    await connection.outgoing.write(new TextEncoder().encode(`CONNECT ${debugPort}\n`), signal);
    answer = await readLine(connection.incoming, signal);
    if (answer.startsWith('OK ')) return connection;
  } finally {
    if (!answer.startsWith('OK ')) connection.close();
  }
  throw new SandglassError('unavailable', 'somebody else has the debug console of this machine');
}

/** Byte by byte would be slow, but nothing follows it before something is sent. */
async function readLine(source: ByteSource, signal: AbortSignal): Promise<string> {
  let line = '';
  while (!line.includes('\n')) {
    const bytes = await source.read(signal);
    if (!bytes) return '';
    line += new TextDecoder().decode(bytes);
  }
  return line;
}

async function relay(call: Invocation, console: Connection): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([call.signal, over.signal]);
  let typing: Promise<unknown> | undefined;
  call.terminal?.setRaw(true);
  try {
    // The shell begins with the first byte: without it nobody would see a prompt.
    await console.outgoing.write(Uint8Array.of(0x0d), until);
    typing = pipeBytes(call.stdin, console.outgoing, until).catch(() => undefined);
    for (let bytes = await console.incoming.read(until); bytes;) {
      await call.stdout.write(bytes);
      bytes = await console.incoming.read(until);
    }
  } finally {
    over.abort();
    await typing;
    console.close();
    call.terminal?.setRaw(false);
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
