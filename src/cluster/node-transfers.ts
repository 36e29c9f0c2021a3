import { BytePort } from '#base/byte-port.ts';
import { pipeBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { FileType } from '#guest/file-status.ts';
import type { GuestFileFacts } from '#rpc/contracts.ts';
import type { LinuxNode } from './linux-node.ts';

/**
 * Writes a file from the port's bytes, whole or not at all where that can be (see `WriteOptions.atomic`).
 * Without a mode a new file gets 0644, and one that exists keeps its own.
 */
export async function uploadFile(
  node: LinuxNode,
  path: string,
  port: MessagePort,
  mode?: number,
): Promise<number> {
  const bytes = new BytePort(port);
  try {
    const file = await node.running.agent.files.openWrite(path, {
      atomic: true,
      ...(mode !== undefined && { mode }),
    });
    try {
      const written = await pipeBytes(bytes.incoming, file.sink);
      await file.finish();
      bytes.outgoing.end();
      return written;
    } finally {
      file.cancel();
    }
  } catch (error) {
    bytes.fail(asSandglassError(error));
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
