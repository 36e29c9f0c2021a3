import { quote } from '#kube/go-text.ts';
import { PortForwardClient } from '#kube/streaming/portforward/client.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { type ForwardedPort, forwardPorts } from '#cli/streams/forward-ports.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { checkTls, streamFlags, transportOf } from './stream-flags.ts';

export const portForwardCommand = crictlCommand({
  name: 'port-forward',
  usage: 'Forward local port to a pod',
  argsUsage: 'POD-ID [LOCAL_PORT:]REMOTE_PORT',
  flags: streamFlags,
  run: portForward,
});

async function portForward({
  context,
  flags: given,
  args,
  showHelp,
}: CrictlCall<typeof streamFlags>): Promise<void> {
  const [id = '', ...words] = args;
  if (words.length === 0) return showHelp();
  const runtime = await context.runtime();
  checkTls(given);
  await wrapped('port forward', async () => {
    if (id === '') throw failure('ID cannot be empty');
    const url = await runtime.portForward(id);
    const transport = transportOf(given, 'dialer');
    const ports = words.map(parsePort);
    const { invocation, out, err, clock, settings, signal } = context;
    const client = new PortForwardClient(settings.streaming, { transport });
    const connection = await client.open(new URL(url, 'http://127.0.0.1:10250'), signal);
    try {
      const forwarding = { invocation, out, err, clock, connection };
      await forwardPorts(forwarding, ['localhost'], ports);
    } finally {
      connection.close();
    }
  });
}

/** client-go, tools/portforward/portforward.go, parsePorts */
function parsePort(word: string): ForwardedPort {
  const parts = word.split(':');
  if (parts.length > 2) throw failure(`invalid port format '${word}'`);
  const [first = '', second] = parts;
  const local = second !== undefined && first === '' ? 0 : parseNumber(first, 'local');
  const remote = second === undefined ? local : parseNumber(second, 'remote');
  if (remote === 0) throw failure('remote port must be > 0');
  return { local, remote };
}

function parseNumber(text: string, which: 'local' | 'remote'): number {
  const problem = !/^\d+$/.test(text)
    ? 'invalid syntax'
    : Number(text) > 65_535
      ? 'value out of range'
      : undefined;
  if (problem === undefined) return Number(text);
  throw failure(
    `error parsing ${which} port '${text}': strconv.ParseUint: parsing ${quote(text)}: ${problem}`,
  );
}
