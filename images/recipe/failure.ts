import { asSandglassError, SandglassError } from '#base/errors.ts';

/** A full disk, said in the words of whoever has to make room. */
export function diskFull(folder: string, cause?: unknown): SandglassError {
  return new SandglassError(
    'resource-exhausted',
    `The disk is full (writing below ${folder}). Free some space, or point SANDGLASS_CACHE at a ` +
      'larger disk, and run the same command again; it goes on where it stopped.',
    { cause },
  );
}

/** No way to the packages. */
export function networkLost(cause?: unknown): SandglassError {
  return new SandglassError(
    'unavailable',
    "Debian's packages cannot be reached. Check the network (and apt's sources and proxy) and run " +
      'the same command again; what was downloaded is kept.',
    { cause },
  );
}

/** Bytes that are not the ones they should be. */
export function wrongDigest(what: string, expected: string, actual: string): SandglassError {
  return new SandglassError(
    'data-loss',
    `${what} is damaged: its SHA-256 is ${actual}, and it should be ${expected}. ` +
      'It was thrown away; run the same command again to fetch it anew.',
  );
}

const networkWords =
  /Temporary failure resolving|Could not resolve|Could not connect|Connection (failed|refused|timed out|reset)|Network is unreachable|Unable to connect|No route to host/;

/** What a command's output says about why it failed, where that is the machine's fault. */
export function failureInOutput(output: string, folder: string): SandglassError | undefined {
  if (/No space left on device|Disk quota exceeded|not have enough free space/.test(output)) {
    return diskFull(folder, output);
  }
  if (networkWords.test(output)) return networkLost(output);
  return undefined;
}

/** Any failure as the one sentence or two that end the build. */
export function plainFailure(thrown: unknown, folder: string): SandglassError {
  if (thrown instanceof SandglassError) return thrown;
  const { code, path } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(folder, thrown);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new SandglassError(
      'permission-denied',
      `${path ?? folder} cannot be written. Make it writable, or set SANDGLASS_CACHE to a folder that is.`,
      { cause: thrown },
    );
  }
  return asSandglassError(thrown);
}
