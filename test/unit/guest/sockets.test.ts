import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { pipeBytes, readAllBytes, readAllText } from '#base/byte-stream.ts';
import type { AcceptedConnection } from '#guest/sockets.ts';
import { patternBytes, readUntil, useAgent, utf8 } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

function echo(connection: AcceptedConnection): void {
  pipeBytes(connection.incoming, connection.outgoing).catch(() => undefined);
}

describe.skipIf(cannotRunNatively)('sockets of the agent', () => {
  const guest = useAgent();

  it('listen at a path, and connect to it', async () => {
    const peers: unknown[] = [];
    const address = { unix: '/run/echo.sock' };
    const listener = await guest.agent.listen(
      address,
      (connection) => {
        peers.push(connection.peer);
        echo(connection);
      },
      { mode: 0o620 },
    );
    expect(await guest.agent.files.stat('/run/echo.sock')).toMatchObject({
      type: 'socket',
      mode: 0o620,
    });
    const connection = await guest.agent.connect(address);
    const bytes = patternBytes(2_000_000, 3);
    const echoed = readAllBytes(connection.incoming);
    await connection.outgoing.write(bytes);
    connection.outgoing.end();
    expect(Buffer.compare(await echoed, bytes)).toBe(0);
    await connection.closed;
    expect(peers).toEqual([{ pid: guest.agent.pid, uid: 0, gid: 0 }]);
    listener.close();
    await listener.closed;
    await expect(guest.agent.connect(address)).rejects.toMatchObject({
      code: 'not-found',
      message: 'Cannot connect to /run/echo.sock: no such file or directory (ENOENT).',
    });
  });

  it('carry many connections of a port at once', async () => {
    const listener = await guest.agent.listen({ host: '127.0.0.1', port: 0 }, echo);
    const address = { host: '127.0.0.1', port: listener.port };
    const connections = Array.from({ length: 20 }, async (_, seed) => {
      const connection = await guest.agent.connect(address);
      const bytes = patternBytes(200_000, seed);
      const echoed = readAllBytes(connection.incoming);
      await connection.outgoing.write(bytes);
      connection.outgoing.end();
      expect(Buffer.compare(await echoed, bytes)).toBe(0);
    });
    await Promise.all(connections);
    await expect(guest.agent.listen(address, echo)).rejects.toMatchObject({
      code: 'already-exists',
      errno: 'EADDRINUSE',
    });
    listener.close();
    // The agent takes what we send in order: it has closed the port before it looks at the next.
    await expect(guest.agent.connect(address)).rejects.toMatchObject({
      code: 'unavailable',
      message: `Cannot connect to 127.0.0.1:${listener.port}: connection refused (ECONNREFUSED).`,
    });
  });

  it('serve programs of the guest', async () => {
    const seen: AcceptedConnection[] = [];
    const listener = await guest.agent.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      seen.push(connection);
      void connection.outgoing.write(utf8('hello\n')).then(() => {
        connection.outgoing.end();
      });
    });
    const command = `exec 3<>/dev/tcp/127.0.0.1/${listener.port}; cat <&3; echo bye >&3`;
    const { stdout } = await guest.agent.run({ argv: ['bash', '-c', command] });
    expect(new TextDecoder().decode(stdout)).toBe('hello\n');
    expect(seen[0]?.peer.host).toBe('127.0.0.1');
    expect(seen[0] && (await readAllText(seen[0].incoming))).toBe('bye\n');
  });

  it('half-close both ways', async () => {
    await guest.agent.listen({ unix: '@half' }, (connection) => {
      void readAllText(connection.incoming).then(async (all) => {
        await connection.outgoing.write(utf8(`got ${all}`));
        connection.outgoing.end();
      });
    });
    const connection = await guest.agent.connect({ unix: '@half' });
    await connection.outgoing.write(utf8('question'));
    connection.outgoing.end();
    expect(await readAllText(connection.incoming)).toBe('got question');
    await connection.closed;
  });

  it('make a sender wait for a receiver', async () => {
    const { promise, resolve } = withResolvers<AcceptedConnection>();
    await guest.agent.listen({ unix: '@slow' }, resolve);
    const connection = await guest.agent.connect({ unix: '@slow' });
    let written = false;
    const bytes = patternBytes(8 << 20, 4);
    const writing = connection.outgoing.write(bytes).then(() => {
      written = true;
      connection.outgoing.end();
    });
    const { incoming } = await promise;
    await guest.sh('seq 100000 | tail -1');
    expect(written).toBe(false);
    expect(Buffer.compare(await readAllBytes(incoming), bytes)).toBe(0);
    await writing;
  });

  it('tell each side when the other has closed', async () => {
    const { promise, resolve } = withResolvers<AcceptedConnection>();
    await guest.agent.listen({ unix: '@closing' }, resolve);
    const connection = await guest.agent.connect({ unix: '@closing' });
    const accepted = await promise;
    accepted.close();
    expect(await connection.incoming.read()).toBeUndefined();
    const write = async () => {
      for (;;) await connection.outgoing.write(utf8('x'));
    };
    await expect(write()).rejects.toMatchObject({ code: 'failed-precondition', errno: 'EPIPE' });
  });

  it('take the place of a socket that nobody listens at', async () => {
    const address = { unix: '/run/stale.sock' };
    const server = 'require("net").createServer().listen("/run/stale.sock", () => process.abort())';
    await guest.agent.run({ argv: [process.execPath, '-e', server] });
    expect(await guest.agent.files.stat('/run/stale.sock')).toMatchObject({ type: 'socket' });
    const listener = await guest.agent.listen(address, echo);
    await expect(guest.agent.listen(address, echo)).rejects.toMatchObject({ errno: 'EADDRINUSE' });
    listener.close();
    await guest.agent.files.write('/run/stale.sock', 'a file');
    await expect(guest.agent.listen(address, echo)).rejects.toMatchObject({ errno: 'EADDRINUSE' });
  });

  it('are accepted again once one has closed, where the agent can open no more files', async () => {
    const accepted: AcceptedConnection[] = [];
    const { port } = await guest.agent.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      accepted.push(connection);
      void connection.outgoing.write(utf8('hello'));
    });
    // Two for each connection, one a direction: enough for three.
    const limit = (await readdir(`/proc/${guest.agent.pid}/fd`)).length + 3 * 2;
    await promisify(execFile)('prlimit', [`--pid=${guest.agent.pid}`, `--nofile=${limit}`]);
    const clients = Array.from({ length: 4 }, () => createConnection({ port, host: '127.0.0.1' }));
    const greeted = clients.map((client) => once(client, 'data'));
    try {
      await Promise.all(clients.map((client) => once(client, 'connect')));
      await vi.waitFor(() => {
        expect(accepted).toHaveLength(3);
      });
      // The fourth is in the backlog, where the agent has met it by the time it answers.
      await guest.agent.ping();
      expect(accepted).toHaveLength(3);
      accepted[0]?.close();
      await Promise.all(greeted);
      expect(accepted).toHaveLength(4);
    } finally {
      for (const client of clients) client.destroy();
    }
  });

  it('are in the network namespace of a process', async () => {
    const outer = await guest.agent.spawn({
      argv: ['unshare', '--net', 'sh', '-c', 'ip link set lo up; echo up; read x'],
      stdin: true,
    });
    await readUntil(outer.stdout, 'up');
    const inside = { host: '127.0.0.1', port: 7, networkOf: outer.pid };
    await guest.agent.listen(inside, echo);
    await expect(guest.agent.connect({ host: '127.0.0.1', port: 7 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    const connection = await guest.agent.connect(inside);
    await connection.outgoing.write(utf8('there'));
    connection.outgoing.end();
    expect(await readAllText(connection.incoming)).toBe('there');
    await expect(guest.agent.connect({ ...inside, networkOf: 4_000_000 })).rejects.toThrow(
      'Cannot connect to 127.0.0.1:7 in the network namespace of process 4000000: no such process',
    );
  });

  it('refuse what is no address', async () => {
    const bad = { code: 'invalid-argument' };
    const { agent } = guest;
    await expect(agent.connect({ host: 'localhost', port: 1 })).rejects.toMatchObject(bad);
    await expect(agent.connect({ host: '127.0.0.1', port: 70000 })).rejects.toThrow(
      '70000 is no TCP port.',
    );
    await expect(agent.connect({ unix: '' })).rejects.toMatchObject(bad);
    await expect(agent.connect({ unix: `/${'x'.repeat(200)}` })).rejects.toMatchObject(bad);
  });
});

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
