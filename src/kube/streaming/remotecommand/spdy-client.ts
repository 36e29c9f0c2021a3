import { SandglassError } from '#base/errors.ts';
import { openSpdy } from '#kube/streaming/spdy/handshake.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import type { ClientStreams, RemoteCommand } from './client.ts';
import { readErrorText, readExitStatus } from './exit-status.ts';
import { spdyProtocols, streamTypeHeader, type StreamType } from './protocols.ts';

export async function openSpdyCommand(
  upgrade: UpgradeHandler,
  { url, stdin, stdout, stderr, tty = false, signal }: RemoteCommand,
): Promise<ClientStreams> {
  const protocols = Object.keys(spdyProtocols);
  const opened = await openSpdy(upgrade, { url, protocols, ...(signal && { signal }) });
  const { connection, protocol } = opened;
  const version = spdyProtocols[protocol];
  if (!version) throw new SandglassError('internal', `There is no protocol ${protocol}.`);
  void connection.run();
  const create = (type: StreamType) =>
    connection.createStream(new Headers({ [streamTypeHeader]: type }), signal);
  try {
    // In upstream's order (client-go, tools/remotecommand/v2.go and v3.go).
    const error = await create('error');
    error.outgoing.end();
    const input = stdin && (await create('stdin'));
    const output = stdout && (await create('stdout'));
    const errors = stderr && !tty ? await create('stderr') : undefined;
    const resize = tty && version.resize ? await create('resize') : undefined;
    return {
      ...(input && { stdin: input.outgoing }),
      ...(output && { stdout: output.incoming }),
      ...(errors && { stderr: errors.incoming }),
      ...(resize && { resize: resize.outgoing }),
      error: error.incoming,
      readStatus: version.status ? readExitStatus : readErrorText,
      close: () => connection.leave(),
    };
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
}
