import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BytePort } from '#base/byte-port.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { NodeApi } from '#rpc/contracts.ts';

export interface Copy {
  file: string;
  guestPath: string;
  mode: number;
}

/** Before the machine starts: a mistyped name should not cost a boot. */
export async function examineCopy({ file, guestPath }: Omit<Copy, 'mode'>): Promise<Copy> {
  return { file, guestPath, mode: await modeOf('--copy', file) };
}

export async function examineImages(file: string): Promise<string> {
  await modeOf('--load-image', file);
  return file;
}

async function modeOf(option: string, file: string): Promise<number> {
  const status = await stat(file).catch((cause: unknown) => {
    throw new SandglassError('not-found', `${option}: ${file} cannot be read.`, { cause });
  });
  if (!status.isFile()) {
    throw new SandglassError('invalid-argument', `${option}: ${file} is not a file.`);
  }
  return status.mode & 0o7777;
}

export async function copyIn(api: NodeApi, { file, guestPath, mode }: Copy): Promise<void> {
  await sendFile(file, (port) =>
    api.uploadFile(guestPath, port, { name: path.basename(file), mode }),
  );
}

/** Makes the images of an archive the node's; resolves with their names. */
export async function loadImages(api: NodeApi, file: string): Promise<readonly string[]> {
  try {
    return await sendFile(file, (port) => api.loadImages(port));
  } catch (cause) {
    const { code, message } = asSandglassError(cause);
    throw new SandglassError(code, `--load-image: ${file} cannot be loaded: ${message}`, { cause });
  }
}

/** Starts from a saved cluster. */
export async function openCheckpoint(api: NodeApi, file: string): Promise<void> {
  await modeOf('--checkpoint', file);
  try {
    await sendFile(file, (port) => api.openCheckpoint(port));
  } catch (cause) {
    const { code, message } = asSandglassError(cause);
    throw new SandglassError(code, `--checkpoint: ${file} cannot be opened: ${message}`, { cause });
  }
}

/** Saves the cluster in a file, whole or not at all; tells what it holds. */
export async function saveCheckpoint(api: NodeApi, file: string): Promise<string> {
  const partial = `${file}.${process.pid}.partial`;
  try {
    const { near, far } = BytePort.pair();
    const [{ pods }, bytes] = await Promise.all([
      api.saveCheckpoint(far),
      receiveFile(partial, near),
    ]);
    await rename(partial, file);
    const size = (bytes / 1e6).toFixed(1);
    return `Saved the cluster with ${pods} ${pods === 1 ? 'pod' : 'pods'} in ${file} (${size} MB).`;
  } catch (cause) {
    await rm(partial, { force: true });
    const { code, message } = asSandglassError(cause);
    throw new SandglassError(code, `--save-checkpoint: ${message}`, { cause });
  }
}

/** Rejects with what the disk or the stream failed of, and then wants no more bytes. */
async function receiveFile(file: string, { incoming }: BytePort): Promise<number> {
  let written = 0;
  try {
    const handle = await open(file, 'w', 0o600);
    try {
      for (let chunk = await incoming.read(); chunk; chunk = await incoming.read()) {
        await handle.writeFile(chunk);
        written += chunk.length;
      }
    } finally {
      await handle.close();
    }
    return written;
  } catch (error) {
    incoming.cancel();
    throw error;
  }
}

/** Sends a file's bytes to a call, whose failure says more than that of the stream it closes. */
async function sendFile<T>(file: string, call: (port: MessagePort) => Promise<T>): Promise<T> {
  const { near, far } = BytePort.pair();
  const received = call(far);
  const send = async () => {
    for await (const chunk of createReadStream(file)) {
      await near.outgoing.write(chunk as Uint8Array);
    }
    near.outgoing.end();
  };
  send().catch((error: unknown) => near.fail(asSandglassError(error)));
  return received;
}
