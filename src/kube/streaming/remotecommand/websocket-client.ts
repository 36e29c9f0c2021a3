import { SandglassError } from '#base/errors.ts';
import type { ByteSource } from '#base/byte-stream.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { WebSocketChannels } from '#kube/streaming/websocket/channels.ts';
import { openWebSocket } from '#kube/streaming/websocket/handshake.ts';
import type { ClientStreams, RemoteCommand } from './client.ts';
import { readExitStatus } from './exit-status.ts';
import { channels } from './protocols.ts';

/** As kubectl, only v5: before it a client could not end its input and still hear the answer. */
const protocols = ['v5.channel.k8s.io'];

export async function openWebSocketCommand(
  upgrade: UpgradeHandler,
  { url, stdin, stdout, stderr, tty = false, signal }: RemoteCommand,
): Promise<ClientStreams> {
  const { connection } = await openWebSocket(upgrade, {
    url,
    protocols,
    ...(signal && { signal }),
  });
  const multiplexer = new WebSocketChannels(connection, {
    encoding: 'binary',
    halfClose: true,
    readable: [
      channels.error,
      ...(stdout ? [channels.stdout] : []),
      ...(stderr && !tty ? [channels.stderr] : []),
    ],
  });
  const over = multiplexer.run();
  const error = multiplexer.incoming(channels.error);
  return {
    ...(stdin && { stdin: multiplexer.outgoing(channels.stdin) }),
    ...(stdout && { stdout: multiplexer.incoming(channels.stdout) }),
    ...(stderr && !tty && { stderr: multiplexer.incoming(channels.stderr) }),
    ...(tty && { resize: multiplexer.outgoing(channels.resize) }),
    error: afterwards(error, async () => {
      const { code, reason } = await over;
      if (code === 1000) return;
      throw new SandglassError('unavailable', `websocket: close ${code}: ${reason}`);
    }),
    readStatus: readExitStatus,
    close: () => connection.leave(),
  };
}

/** Checks something at a source's end before its reader hears of it. */
function afterwards(source: ByteSource, check: () => Promise<void>): ByteSource {
  return {
    async read(signal) {
      const bytes = await source.read(signal);
      if (!bytes) await check();
      return bytes;
    },
    cancel: () => source.cancel(),
  };
}
