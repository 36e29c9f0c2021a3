import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { type Server, connect } from 'node:net';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';

/** Bytes of a path that fit an address (unix(7), sun_path) with its final zero. */
const longestPath = 107;

/** Listens at a unix socket for this user alone; the socket of a program that has ended is replaced. */
export async function listenAtSocket(server: Server, socketPath: string): Promise<void> {
  await clearPath(socketPath);
  server.listen(socketPath);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SandglassError('unavailable', `Cannot listen at ${socketPath}: ${why}`, { cause });
  }
  await chmod(socketPath, 0o600);
}

async function clearPath(socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > longestPath) {
    throw new SandglassError(
      'invalid-argument',
      `${socketPath} is too long for a socket: it may have ${longestPath} bytes.`,
    );
  }
  const status = await statusOf(socketPath);
  if (!status) {
    const folder = path.dirname(socketPath);
    if ((await statusOf(folder, true))?.isDirectory()) return;
    throw new SandglassError('not-found', `${folder}, where the socket would be, is no directory.`);
  }
  if (!status.isSocket()) {
    throw new SandglassError('already-exists', `${socketPath} exists and is not a socket.`);
  }
  if (await answers(socketPath)) {
    throw new SandglassError(
      'already-exists',
      `${socketPath} is taken: another program listens there.`,
    );
  }
  await unlink(socketPath);
}

async function statusOf(file: string, follow = false) {
  try {
    return await lstat(follow ? `${file}/.` : file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function answers(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}
