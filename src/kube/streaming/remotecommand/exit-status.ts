import { asSandglassError, SandglassError } from '#base/errors.ts';
import { internalError, statusError } from '#kube/status.ts';
import type { Status } from '#kube/types.ts';
import type { CommandKind } from './command.ts';

/** apimachinery, pkg/util/remotecommand/constants.go */
const nonZeroExitCode = 'NonZeroExitCode';
const exitCodeCause = 'ExitCode';

/** How a command ended (cri-streaming, pkg/streaming/remotecommand/exec.go). */
export function exitStatus(code: number): Status {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: nonZeroExitCode,
    details: { causes: [{ reason: exitCodeCause, message: String(code) }] },
  };
}

const failureTexts: Readonly<Record<CommandKind, string>> = {
  exec: 'error executing command in container',
  attach: 'error attaching to container',
};

/** Why a command could not be run. */
export function failureStatus(kind: CommandKind, thrown: unknown): Status {
  return internalError(`${failureTexts[kind]}: ${asSandglassError(thrown).message}`).status;
}

/** Before v4 the error stream is text, and says nothing of success. */
export function statusText(status: Status): string {
  return status.status === 'Success' ? '' : (status.message ?? '');
}

/** What the error stream said, read as upstream's clients do (client-go, tools/remotecommand/v4.go). */
export function readExitStatus(text: string): { code: number } {
  // An attachment may end without a word.
  if (text === '') return { code: 0 };
  const status = parse(text);
  if (status.status === 'Success') return { code: 0 };
  if (status.status !== 'Failure') throw protocolError('unknown error');
  if (status.reason !== nonZeroExitCode) throw statusError(status);
  const cause = status.details?.causes?.find(({ reason }) => reason === exitCodeCause);
  if (!cause) throw protocolError(`no ${exitCodeCause} cause given`);
  const code = Number(cause.message);
  if (!/^\d+$/.test(cause.message ?? '') || code > 255) {
    throw protocolError(`invalid exit code value "${cause.message ?? ''}"`);
  }
  return { code };
}

/** The same before v4: there is text only if something went wrong (v2.go). */
export function readErrorText(text: string): { code: number } {
  if (text === '') return { code: 0 };
  throw new SandglassError('unknown', `error executing remote command: ${text}`);
}

function parse(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch (cause) {
    const { message } = asSandglassError(cause);
    throw protocolError(`${message} in "${text}"`, cause);
  }
}

function protocolError(why: string, cause?: unknown): SandglassError {
  return new SandglassError('internal', `error stream protocol error: ${why}`, { cause });
}
