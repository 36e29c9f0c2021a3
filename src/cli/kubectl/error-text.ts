import { SandglassError, asSandglassError } from '#base/errors.ts';
import { StatusError } from '#kube/status.ts';
import { quote } from '#kube/go-text.ts';
import type { Status, StatusCause } from '#kube/types.ts';
import { ExitError, Failures } from '#cli/command/errors.ts';

/** What kubectl prints of an error, and its exit code (kubectl, pkg/cmd/util/helpers.go, checkErr). */
export function errorOutcome(thrown: unknown): { text: string; code: number } {
  if (thrown instanceof ExitError) return { text: thrown.message, code: thrown.exitCode };
  const error =
    thrown instanceof Failures && thrown.errors.length === 1 ? thrown.errors[0] : thrown;
  return { text: errorText(error), code: 1 };
}

function errorText(error: unknown): string {
  if (error instanceof StatusError && error.status.reason === 'Invalid') {
    return invalidText(error.status);
  }
  if (error instanceof Failures) return error.errors.map((one) => `${messageOf(one)}\n`).join('');
  const standard = standardText(error);
  if (standard !== undefined) return standard;
  const message = asSandglassError(error).message;
  return message.startsWith('error: ') ? message : `error: ${message}`;
}

/** One failure among several. */
export function messageOf(error: unknown): string {
  return standardText(error) ?? asSandglassError(error).message;
}

function standardText(error: unknown): string | undefined {
  if (error instanceof StatusError) {
    const { reason } = error.status;
    if (reason === 'Unauthorized') {
      return `error: You must be logged in to the server (${error.message})`;
    }
    return reason
      ? `Error from server (${reason}): ${error.message}`
      : `Error from server: ${error.message}`;
  }
  if (error instanceof SandglassError && error.code === 'unavailable') {
    return `Unable to connect to the server: ${error.message}`;
  }
  return undefined;
}

function invalidText({ details, message }: Status): string {
  const intro = 'The request is invalid';
  if (!details) return message ? `${intro}: ${message}` : intro;
  const { kind = '', name = '', causes = [] } = details;
  const hasSubject = kind !== '' || name !== '';
  if (!hasSubject && message && causes.length === 0) return `${intro}: ${message}`;
  const subject = hasSubject ? `The ${kind} ${quote(name)} is invalid` : intro;
  if (causes.length === 0) return subject;
  const texts = [...new Set(causes.map(causeText))];
  if (texts.length === 1) return `${subject}: ${texts[0] ?? ''}\n`;
  return `${subject}: \n${texts.map((text) => `* ${text}\n`).join('')}`;
}

function causeText({ field, message }: StatusCause): string {
  return `${field ?? ''}: ${message ?? ''}`;
}

/** With the verb and the file that it is about (helpers.go, AddSourceToErr). */
export function withSource(verb: string, source: string | undefined, thrown: unknown): unknown {
  if (source === undefined || source === '') return thrown;
  const error = asSandglassError(thrown);
  const message = `error when ${verb} ${quote(source)}: ${error.message}`;
  if (error instanceof StatusError) return new StatusError({ ...error.status, message });
  return new SandglassError(error.code, message, { cause: error });
}
