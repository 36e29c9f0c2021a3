import type { ByteDuplex } from '#base/byte-stream.ts';
import type { WebSocketConnection } from './connection.ts';

/** A stream of bytes in a WebSocket's binary messages, whose limits mean nothing (client-go, tunneling_connection.go). */
export function tunnel(connection: WebSocketConnection): ByteDuplex {
  return {
    incoming: {
      async read() {
        for (;;) {
          const part = await connection.receive();
          if (!part || part.bytes.length > 0) return part?.bytes;
        }
      },
      cancel: () => connection.leave(),
    },
    outgoing: {
      write: (bytes, signal) => connection.send('binary', [bytes], signal),
      end: () => connection.close(),
    },
    close: () => connection.leave(),
  };
}
