import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listenAtSocket } from './socket-path.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-socket-'));
});
afterAll(() => rm(folder, { recursive: true }));

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function listen(socketPath: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  return listenAtSocket(server, socketPath);
}

describe('listening at a socket', () => {
  it('lets only this user connect', async () => {
    const socketPath = path.join(folder, 'mine.sock');
    await listen(socketPath);
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  it('replaces the socket of a program that was killed', async () => {
    const socketPath = path.join(folder, 'stale.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect((await stat(socketPath)).isSocket()).toBe(true);
    await listen(socketPath);
  });

  it('leaves that of a program that listens', async () => {
    const socketPath = path.join(folder, 'live.sock');
    await listen(socketPath);
    await expect(listen(socketPath)).rejects.toThrow('another program listens there');
    expect((await stat(socketPath)).isSocket()).toBe(true);
  });

  it('leaves what is no socket', async () => {
    const file = path.join(folder, 'notes.txt');
    await writeFile(file, 'precious');
    await expect(listen(file)).rejects.toThrow('exists and is not a socket');
    expect((await stat(file)).size).toBe(8);
  });

  it('says what is wrong with a path', async () => {
    const absent = path.join(folder, 'absent', 'cri.sock');
    await expect(listen(absent)).rejects.toThrow(`${path.dirname(absent)}, where the socket`);
    const deep = path.join(folder, 'x'.repeat(120));
    await mkdir(deep);
    await expect(listen(path.join(deep, 'cri.sock'))).rejects.toThrow('107 bytes');
  });
});
