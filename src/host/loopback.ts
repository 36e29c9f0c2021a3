import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { SandglassError } from '#base/errors.ts';

/** Clients of this machine only: nobody is asked who they are. */
export const loopback = '127.0.0.1';

/** Resolves with the port, which is the kernel's choice if 0 is asked for. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, loopback);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw listenError(port, cause as NodeJS.ErrnoException);
  }
  return (server.address() as AddressInfo).port;
}

function listenError(port: number, cause: NodeJS.ErrnoException): SandglassError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new SandglassError(
        'already-exists',
        `Port ${port} is taken: another program listens at ${loopback}:${port}. Port 0 chooses a free one.`,
        { cause },
      );
    case 'EACCES':
      return new SandglassError(
        'permission-denied',
        `Port ${port} is reserved for root. Port 0 chooses a free one.`,
        { cause },
      );
    default:
      return new SandglassError(
        'unavailable',
        `Cannot listen at ${loopback}:${port}: ${cause.message}`,
        {
          cause,
        },
      );
  }
}
