import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import { resourcePath, resources } from '#kube/resources.ts';
import { StatusError } from '#kube/status.ts';
import { failure } from '#cli/command/errors.ts';
import { RemoteCommandClient } from '#kube/streaming/remotecommand/client.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import type { Terminal } from '#cli/ports.ts';
import { terminalSizes } from '#cli/streams/terminal-sizes.ts';

export interface RemoteSession {
  subresource: 'exec' | 'attach';
  namespace: string;
  pod: string;
  container: string;
  command?: readonly string[];
  stdin?: ByteSource | undefined;
  stdout?: ByteSink | undefined;
  stderr?: ByteSink | undefined;
  /** Where a terminal is given to the process, the caller's own. */
  terminal?: Terminal | undefined;
  /** Of the terminal, before those that it gets. */
  sizes?: readonly TerminalSize[];
}

/** Runs or joins a process in a container; resolves with its exit code. */
export async function runRemote(context: KubectlContext, session: RemoteSession): Promise<number> {
  const { stdin, stdout, stderr, terminal, sizes } = session;
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const handshake = { isRefused: false };
  const client = new RemoteCommandClient(async (request) => {
    const answer = await context.upgrade(request);
    handshake.isRefused = answer instanceof Response;
    return answer;
  });
  terminal?.setRaw(true);
  try {
    const { code } = await client.run({
      url: urlOf(session),
      signal: context.signal,
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(terminal ? {} : stderr && { stderr }),
      ...(terminal && { tty: true, resizes: terminalSizes(terminal, signal, sizes) }),
    });
    return code;
  } catch (error) {
    // In upstream's client both are plain errors, not the server's answers.
    if (!(error instanceof StatusError)) throw error;
    const why = handshake.isRefused ? 'unable to upgrade connection: ' : '';
    throw failure(`${why}${error.message}`);
  } finally {
    ended.abort();
    terminal?.setRaw(false);
  }
}

function urlOf(session: RemoteSession): URL {
  const { subresource, namespace, pod, container, command = [] } = session;
  const path = resourcePath(resources.pods, { namespace, name: pod, subresource });
  const url = new URL(path, 'http://kubernetes');
  const query = url.searchParams;
  for (const word of command) query.append('command', word);
  query.set('container', container);
  if (session.stdin) query.set('stdin', 'true');
  if (session.stdout) query.set('stdout', 'true');
  if (session.stderr && !session.terminal) query.set('stderr', 'true');
  if (session.terminal) query.set('tty', 'true');
  return url;
}
