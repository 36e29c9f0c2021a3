import type { ByteSink } from '#base/byte-stream.ts';
import { tarEnd, tarHeader, tarPadding } from '#base/tar/writer.ts';
import { failure } from '#cli/command/errors.ts';
import type { Files, FileStatus } from '#cli/ports.ts';

export interface FileAccess {
  files: Files;
  signal: AbortSignal;
}

/** A file or a whole directory as a tar archive, under another name (kubectl, pkg/cmd/cp/cp.go, makeTar). */
export async function packFiles(
  access: FileAccess,
  path: string,
  name: string,
  sink: ByteSink,
): Promise<void> {
  await packOne(access, path, name, sink);
  await sink.write(tarEnd, access.signal);
}

async function packOne(
  access: FileAccess,
  path: string,
  name: string,
  sink: ByteSink,
): Promise<void> {
  const { files, signal } = access;
  const status = await files.lstat(path, signal);
  if (status.type === 'directory') {
    const entries = await files.list(path, signal);
    if (entries.length === 0) await writeHeader(sink, name, status, signal);
    for (const entry of entries) {
      await packOne(access, `${path}/${entry.name}`, `${name}/${entry.name}`, sink);
    }
  } else if (status.type === 'symlink') {
    await writeHeader(sink, name, status, signal, await files.readLink(path, signal));
  } else if (status.type === 'file') {
    await writeFile(access, path, name, status, sink);
  } else {
    throw failure(`${path} is a ${status.type} and cannot be copied`);
  }
}

async function writeFile(
  { files, signal }: FileAccess,
  path: string,
  name: string,
  status: FileStatus,
  sink: ByteSink,
): Promise<void> {
  const { source, size } = await files.openRead(path, { signal });
  await writeHeader(sink, name, { ...status, size }, signal);
  // A file that grows or shrinks meanwhile must not disturb the archive.
  let left = size;
  try {
    while (left > 0) {
      const chunk = await source.read(signal);
      if (!chunk) throw failure(`${path} became shorter while it was copied`);
      const taken = chunk.subarray(0, left);
      await sink.write(taken, signal);
      left -= taken.length;
    }
  } finally {
    source.cancel();
  }
  await sink.write(tarPadding(size), signal);
}

async function writeHeader(
  sink: ByteSink,
  path: string,
  { type, mode, uid, gid, modified, size }: FileStatus,
  signal: AbortSignal,
  target = '',
): Promise<void> {
  const isFile = type === 'file';
  const header = {
    path,
    type: type === 'directory' || type === 'symlink' ? type : 'file',
    mode,
    uid,
    gid,
    mtime: { seconds: Math.floor(modified / 1000), nanoseconds: 0 },
    target,
  } as const;
  for (const block of tarHeader(header, isFile ? size : 0)) await sink.write(block, signal);
}
