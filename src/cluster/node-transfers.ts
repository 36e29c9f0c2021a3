import { BytePort } from '#base/byte-port.ts';
import { pipeBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { FileType } from '#guest/file-status.ts';
import type { GuestFiles } from '#guest/files.ts';
import type { GuestFileFacts, UploadOptions, UploadedFile } from '#rpc/contracts.ts';
import type { LinuxNode } from './linux-node.ts';

/** Writes a file from the port's bytes, whole or not at all where that can be (see `WriteOptions.atomic`). */
export async function uploadFile(
  node: LinuxNode,
  target: string,
  port: MessagePort,
  { name, mode }: UploadOptions,
): Promise<UploadedFile> {
  const bytes = new BytePort(port);
  try {
    const { files } = node.running.agent;
    const { path, replaced } = await placeOf(files, target, name);
    const file = await files.openWrite(path, {
      atomic: true,
      ...(mode !== undefined && { mode }),
    });
    try {
      const written = await pipeBytes(bytes.incoming, file.sink);
      await file.finish();
      bytes.outgoing.end();
      return { path, bytes: written, replaced };
    } finally {
      file.cancel();
    }
  } catch (error) {
    bytes.fail(asSandglassError(error));
    throw error;
  }
}

/** Where a file called `name` goes, and whether it takes the place of another. */
async function placeOf(
  files: GuestFiles,
  target: string,
  name: string,
): Promise<{ path: string; replaced: boolean }> {
  const type = await typeOf(files, target);
  if (type !== 'directory') return { path: target, replaced: type === 'file' };
  const path = `${target.replace(/\/+$/, '')}/${name}`;
  return { path, replaced: (await typeOf(files, path)) === 'file' };
}

/** Undefined where there is nothing. */
async function typeOf(files: GuestFiles, path: string): Promise<FileType | undefined> {
  try {
    return (await files.stat(path)).type;
  } catch (error) {
    if (error instanceof SandglassError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** Sends a file's bytes over the port; resolves before they have come, with what stat(2) says of it. */
export async function downloadFile(
  node: LinuxNode,
  path: string,
  port: MessagePort,
): Promise<GuestFileFacts> {
  const bytes = new BytePort(port);
  try {
    const { files } = node.running.agent;
    const signal = bytes.unwanted;
    refuseSpecial(path, (await files.stat(path, signal)).type);
    const { size, source } = await files.openRead(path, { signal });
    pipeBytes(source, bytes.outgoing, signal).catch((error: unknown) => {
      source.cancel();
      bytes.fail(asSandglassError(error));
    });
    return { name: path.slice(path.lastIndexOf('/') + 1), bytes: size };
  } catch (error) {
    bytes.fail(asSandglassError(error));
    throw error;
  }
}

/** A device may have no end (/dev/zero), a pipe no writer: the reader's browser would wait or fill up. */
function refuseSpecial(path: string, type: FileType): void {
  if (type === 'file') return;
  const what = type.replace('-', ' ');
  throw new SandglassError(
    'invalid-argument',
    `${path} is a ${what}; only regular files can be downloaded.`,
  );
}
