import { errno, errnoName, errnoText } from '#abi/errno.ts';
import { type ErrorCode, SandglassError } from '#base/errors.ts';

const codes = new Map<number, ErrorCode>([
  [errno.ENOENT, 'not-found'],
  [errno.ESRCH, 'not-found'],
  [errno.ENXIO, 'not-found'],
  [errno.ENODEV, 'not-found'],
  [errno.EACCES, 'permission-denied'],
  [errno.EPERM, 'permission-denied'],
  [errno.EROFS, 'permission-denied'],
  [errno.EEXIST, 'already-exists'],
  [errno.EADDRINUSE, 'already-exists'],
  [errno.ENOSPC, 'resource-exhausted'],
  [errno.ENOMEM, 'resource-exhausted'],
  [errno.EMFILE, 'resource-exhausted'],
  [errno.ENFILE, 'resource-exhausted'],
  [errno.EDQUOT, 'resource-exhausted'],
  [errno.EAGAIN, 'resource-exhausted'],
  [errno.EFBIG, 'out-of-range'],
  [errno.ERANGE, 'out-of-range'],
  [errno.EINVAL, 'invalid-argument'],
  [errno.ENAMETOOLONG, 'invalid-argument'],
  [errno.E2BIG, 'invalid-argument'],
  [errno.ENOEXEC, 'invalid-argument'],
  [errno.EAFNOSUPPORT, 'invalid-argument'],
  [errno.EADDRNOTAVAIL, 'invalid-argument'],
  [errno.ENOTDIR, 'failed-precondition'],
  [errno.EISDIR, 'failed-precondition'],
  [errno.ENOTEMPTY, 'failed-precondition'],
  [errno.ELOOP, 'failed-precondition'],
  [errno.EXDEV, 'failed-precondition'],
  [errno.EBUSY, 'failed-precondition'],
  [errno.ETXTBSY, 'failed-precondition'],
  [errno.EPIPE, 'failed-precondition'],
  [errno.ENOSYS, 'unimplemented'],
  [errno.EOPNOTSUPP, 'unimplemented'],
  [errno.ECONNREFUSED, 'unavailable'],
  [errno.ECONNRESET, 'unavailable'],
  [errno.ENETUNREACH, 'unavailable'],
  [errno.EHOSTUNREACH, 'unavailable'],
  [errno.ENETDOWN, 'unavailable'],
  [errno.ETIMEDOUT, 'deadline-exceeded'],
  [errno.EIO, 'data-loss'],
]);

/**
 * The kernel said no: `Cannot read /etc/x: no such file or directory (ENOENT).` A step tells which
 * part of the attempt failed: `Cannot start ls: it cannot change to directory /x: …`.
 */
export function guestError(attempt: string, number: number, step = ''): SandglassError {
  const name = errnoName(number);
  const part = step === '' ? '' : `it cannot ${step}: `;
  return new SandglassError(
    codes.get(number) ?? 'unknown',
    `${attempt}: ${part}${errnoText(number)} (${name}).`,
    { errno: name },
  );
}
