import { type ByteDuplex, pipeBytes } from '#base/byte-stream.ts';
import type { Clock } from '#base/clock.ts';
import { asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { PortForwardConnection } from '#kube/streaming/portforward/client.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import type { Invocation, Listener } from '#cli/ports.ts';
import type { TextOutput } from '#cli/text/io.ts';
import { klogLine } from '#cli/text/klog.ts';

export interface ForwardedPort {
  /** 0 for any. */
  local: number;
  remote: number;
}

export interface Forwarding {
  invocation: Pick<Invocation, 'listen' | 'signal'>;
  out: TextOutput;
  err: TextOutput;
  clock: Clock;
  connection: PortForwardConnection;
}

/**
 * Listens on ports of the node and carries what connects there, until the connection to the pod is over,
 * which is an error, or the command is interrupted (client-go, tools/portforward/portforward.go).
 */
export async function forwardPorts(
  forwarding: Forwarding,
  addresses: readonly string[],
  ports: readonly ForwardedPort[],
): Promise<void> {
  const { invocation, out, connection } = forwarding;
  const { signal } = invocation;
  const listeners: Listener[] = [];
  try {
    for (const host of addresses.map(hostOf)) {
      for (const { local, remote } of ports) {
        const listener: Listener = await invocation.listen(
          { host, port: local },
          (accepted) => {
            void handle(forwarding, accepted, { local: listener.port, remote });
          },
          signal,
        );
        listeners.push(listener);
        await out.line(`Forwarding from ${host}:${listener.port} -> ${remote}`);
      }
    }
    await untilAborted(connection.closed, signal);
    throw failure('lost connection to pod');
  } finally {
    for (const listener of listeners) listener.close();
  }
}

function hostOf(address: string): string {
  if (address === 'localhost') return '127.0.0.1';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return address;
  throw failure(`${address} is not a valid IP`);
}

async function handle(
  forwarding: Forwarding,
  local: ByteDuplex,
  { local: localPort, remote }: ForwardedPort,
): Promise<void> {
  const { out, connection } = forwarding;
  const { signal } = forwarding.invocation;
  try {
    await out.line(`Handling connection for ${localPort}`);
    const forwarded = await connection.connect(remote, signal);
    const up = pipeBytes(local.incoming, forwarded.outgoing, signal).catch(() => undefined);
    await pipeBytes(forwarded.incoming, local.outgoing, signal).catch(() => undefined);
    const why = await forwarded.failure;
    forwarded.close();
    local.close();
    await up;
    if (why === undefined) return;
    const what = `an error occurred forwarding ${localPort} -> ${remote}: ${why}`;
    await complain(forwarding, 522, what);
    connection.close();
  } catch (error) {
    local.close();
    if (signal.aborted) return;
    const { message } = asSandglassError(error);
    await complain(
      forwarding,
      478,
      `error creating forwarding stream for port ${localPort} -> ${remote}: ${message}`,
    );
  }
}

/** The line is that of client-go 0.36's portforward.go. */
async function complain({ clock, err }: Forwarding, line: number, text: string): Promise<void> {
  const message = `"Unhandled Error" err=${quote(text)} logger="UnhandledError"`;
  await err.write(klogLine(clock, 'E', `portforward.go:${line}`, message)).catch(() => undefined);
}
