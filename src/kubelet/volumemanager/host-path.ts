import { SandglassError } from '#base/errors.ts';
import type { HostPathVolumeSource } from '#kube/types.ts';
import type { NodeFileType, NodeFiles } from '#kubelet/ports.ts';

const expected: Readonly<Record<string, { type: NodeFileType; words: string }>> = {
  Directory: { type: 'directory', words: 'directory' },
  DirectoryOrCreate: { type: 'directory', words: 'directory' },
  File: { type: 'file', words: 'file' },
  FileOrCreate: { type: 'file', words: 'file' },
  Socket: { type: 'socket', words: 'socket file' },
  CharDevice: { type: 'character-device', words: 'character device' },
  BlockDevice: { type: 'block-device', words: 'block device' },
};

/** Sees to it that the path is what the volume says (pkg/volume/hostpath/host_path.go, checkType). */
export async function prepareHostPath(
  files: NodeFiles,
  { path, type = '' }: HostPathVolumeSource,
  signal: AbortSignal,
): Promise<void> {
  const wanted = expected[type];
  if (!wanted) return;
  if (!(await files.exists(path, signal))) {
    if (type === 'DirectoryOrCreate') {
      await files.makeDirectory(path, { parents: true, mode: 0o755, signal });
      return;
    }
    if (type === 'FileOrCreate') {
      await files.write(path, '', { mode: 0o644, signal });
      return;
    }
  } else if ((await files.stat(path, signal)).type === wanted.type) {
    return;
  }
  throw new SandglassError(
    'failed-precondition',
    `hostPath type check failed: ${path} is not a ${wanted.words}`,
  );
}
