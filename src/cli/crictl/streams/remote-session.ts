import { failure } from '#cli/command/errors.ts';
import { isTerminal } from '#cli/text/io.ts';
import { detachable, parseDetachKeys } from '#cli/streams/detach-keys.ts';
import { terminalSizes } from '#cli/streams/terminal-sizes.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { RemoteCommandClient, type Transport } from '#kube/streaming/remotecommand/client.ts';

const detachKeys = 'ctrl-p,ctrl-q';

export interface SessionOptions {
  /** What Exec or Attach gave. */
  url: string;
  stdin: boolean;
  tty: boolean;
  transport: Transport;
}

/** Gives the command the caller's streams until it ends (crictl, exec.go, stream). */
export async function runSession(context: CrictlContext, options: SessionOptions): Promise<void> {
  const { invocation, settings } = context;
  const { url, stdin, tty, transport } = options;
  if (tty && !stdin) throw failure('tty=true must be specified with interactive=true');
  const terminal = tty && isTerminal(invocation, 'stdin') ? invocation.terminal : undefined;
  if (tty && !terminal) throw failure('input is not a terminal');
  const input = terminal
    ? detachable(invocation.stdin, parseDetachKeys(detachKeys))
    : invocation.stdin;
  const ended = new AbortController();
  const resizing = AbortSignal.any([context.signal, ended.signal]);
  terminal?.setRaw(true);
  try {
    const client = new RemoteCommandClient(settings.streaming, { transport });
    const { code } = await client.run({
      url: new URL(url, 'http://127.0.0.1:10250'),
      stdout: invocation.stdout,
      signal: context.signal,
      ...(stdin && { stdin: input }),
      ...(!tty && { stderr: invocation.stderr }),
      ...(terminal && { tty: true, resizes: terminalSizes(terminal, resizing) }),
    });
    if (code !== 0) throw failure(`command terminated with exit code ${code}`);
  } finally {
    ended.abort();
    terminal?.setRaw(false);
  }
}
