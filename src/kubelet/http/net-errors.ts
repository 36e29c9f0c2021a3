import { SandglassError, asSandglassError } from '#base/errors.ts';

type Operation = 'dial' | 'read' | 'write';

/** The system call that Go names, where the kernel said no. */
const systemCalls: Readonly<Record<Operation, string>> = {
  dial: 'connect',
  read: 'read',
  write: 'write',
};

/** The kernel's refusals as Go's syscall.Errno prints them. */
const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
};

/** A failure of a connection in the words of Go's net.OpError: `dial tcp 10.0.0.1:80: connect: connection refused`. */
export function netError(operation: Operation, where: string, thrown: unknown): SandglassError {
  const { code, message, errno } = asSandglassError(thrown);
  const text = texts[errno ?? ''];
  const reason = text === undefined ? message : `${systemCalls[operation]}: ${text}`;
  return new SandglassError(code, `${operation} tcp ${where}: ${reason}`, {
    cause: thrown,
    ...(errno !== undefined && { errno }),
  });
}
