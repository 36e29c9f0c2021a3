import { pipeBytes, type ByteSource } from '#base/byte-stream.ts';
import { readTar } from '#base/tar/reader.ts';
import type { TarEntry } from '#base/tar/entry.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import type { FileAccess } from './pack-files.ts';

export interface UnpackFacts {
  /** What all names in the archive begin with; it is taken away. */
  prefix: string;
  destination: string;
  onSkippedLink: (path: string, target: string) => Promise<void>;
  warn: (text: string) => Promise<void>;
}

/** Writes the files of an archive below the destination, and nothing elsewhere (kubectl, pkg/cmd/cp/cp.go, untarAll). */
export async function unpackFiles(
  access: FileAccess,
  archive: ByteSource,
  facts: UnpackFacts,
): Promise<void> {
  const { prefix, destination, warn } = facts;
  for await (const entry of readTar(archive, access.signal)) {
    if (!entry.path.startsWith(prefix)) throw failure('tar contents corrupted');
    const rest = entry.path.slice(prefix.length).split('/');
    const parts = rest.filter((part) => part !== '' && part !== '.');
    const path = [destination.replace(/(?<=.)\/+$/, ''), ...parts].join('/');
    if (parts.includes('..')) {
      await warn(`warning: file ${quote(path)} is outside target destination, skipping`);
    } else {
      await unpackOne(access, entry, path, facts);
    }
  }
}

async function unpackOne(
  { files, signal }: FileAccess,
  entry: TarEntry,
  path: string,
  { onSkippedLink }: UnpackFacts,
): Promise<void> {
  const slash = path.lastIndexOf('/');
  if (slash > 0) await files.makeDirectory(path.slice(0, slash), { parents: true, signal });
  switch (entry.type) {
    case 'directory':
      await files.makeDirectory(path, { parents: true, signal });
      break;
    case 'symlink':
      await onSkippedLink(path, entry.target);
      break;
    case 'file': {
      const writer = await files.openWrite(path, { signal });
      try {
        // `finish` ends the sink itself.
        const sink = { write: writer.sink.write.bind(writer.sink), end: () => undefined };
        await pipeBytes(entry.contents, sink, signal);
        await writer.finish();
      } finally {
        writer.cancel();
      }
      break;
    }
    default:
      throw failure(`${path} is a ${entry.type} in the container and cannot be copied`);
  }
}
