import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
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
