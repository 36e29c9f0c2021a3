import { SandglassError } from '#base/errors.ts';
import { failure } from '#cli/command/errors.ts';
import { type Values, string } from '#cli/urfave/flags.ts';

/** How the streaming server is spoken to (crictl, exec.go). */
export const streamFlags = {
  'tls-ca': string('Path to the streaming TLS CA certificate'),
  'tls-cert': string('Path to the streaming TLS certificate'),
  'tls-key': string('Path to the streaming TLS key'),
  'tls-sni': string('Server name used in the TLS client to check server certificates against', {
    aliases: ['tls-server-name'],
    initial: 'localhost',
  }),
  transport: string('Transport protocol to use, one of: spdy|websocket', {
    aliases: ['r'],
    initial: 'spdy',
  }),
};

type StreamFlags = Values<typeof streamFlags>;

/** The server of this node speaks plain HTTP. */
export function checkTls(flags: StreamFlags): void {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = flags;
  if (ca === '' && cert === '' && key === '') return;
  if (cert === '' || key === '') {
    throw failure(
      'get TLS config from flags: all two flags --tls-ca and --tls-cert are required for TLS streaming, only --tls-key is optional',
    );
  }
}

export function transportOf(flags: StreamFlags, what: 'executor' | 'dialer'): 'spdy' | 'websocket' {
  const { transport } = flags;
  if (transport === 'spdy' || transport === 'websocket') return transport;
  throw new SandglassError('invalid-argument', `get ${what}: unknown transport: ${transport}`);
}
