import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { NodeFiles } from '#kubelet/ports.ts';

/** Linux's own limit, path_resolution(7). */
const maxLinks = 40;

/**
 * The real path of what lies at `subPath` in a volume, made as a directory if it is missing unless `missing` says that
 * it is to fail; never outside the volume, whatever links lie in it (pkg/volume/util/subpath/subpath_linux.go).
 */
export async function resolveSubPath(
  files: NodeFiles,
  volume: string,
  subPath: string,
  signal: AbortSignal,
  missing: 'make' | 'fail' = 'make',
): Promise<string> {
  const pending = subPath.split('/');
  const resolved: string[] = [];
  let links = 0;
  const escape = () =>
    new SandglassError(
      'invalid-argument',
      `subpath "${subPath}" not within volume path "${volume}"`,
    );
  while (pending.length > 0) {
    const part = pending.shift();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (resolved.pop() === undefined) throw escape();
      continue;
    }
    const path = [volume, ...resolved, part].join('/');
    const type = await typeAt(files, path, signal);
    if (type === 'symlink') {
      const target = await files.readLink(path, signal);
      if (target.startsWith('/') || ++links > maxLinks) throw escape();
      pending.unshift(...target.split('/'));
      continue;
    }
    if (type === undefined && missing === 'fail') {
      throw new SandglassError('not-found', `no such file or directory: "${subPath}"`);
    }
    if (type === undefined) await files.makeDirectory(path, { mode: 0o755, signal });
    resolved.push(part);
  }
  return [volume, ...resolved].join('/');
}

async function typeAt(files: NodeFiles, path: string, signal: AbortSignal) {
  try {
    return (await files.lstat(path, signal)).type;
  } catch (error) {
    if (asSandglassError(error).code === 'not-found') return undefined;
    throw error;
  }
}
