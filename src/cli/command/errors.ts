import { SandglassError, asSandglassError } from '#base/errors.ts';

/** What ends a command with an exit code of its own, perhaps without words. */
export class ExitError extends SandglassError {
  readonly exitCode: number;

  constructor(exitCode: number, message = '') {
    super('unknown', message);
    this.exitCode = exitCode;
  }
}

/** Several failures of one command, such as one for each object (apimachinery, pkg/util/errors). */
export class Failures extends SandglassError {
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    const texts = [
      ...new Set(errors.map((one) => (one instanceof Error ? one.message : String(one)))),
    ];
    super('unknown', texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
    this.errors = errors;
  }
}

/** Throws what was collected, if anything was. */
export function throwFailures(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new Failures(errors.flatMap(flatten));
}

function flatten(error: unknown): readonly unknown[] {
  return error instanceof Failures ? error.errors.flatMap(flatten) : [error];
}

/** What the user did wrong, or what cannot be done; upstream's plain error. */
export function failure(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}

/** With the pointer to a command's help (kubectl, pkg/cmd/util/helpers.go, UsageErrorf). */
export function usageError(path: string, message: string): SandglassError {
  return failure(`${message}\nSee '${path} -h' for help and examples`);
}

/** What `work` returns; what it throws says first what was being done, as Go's `%w` chains do. */
export function wrapped<T>(what: string, work: () => T): T {
  const wrap = (error: unknown) => {
    const { code, message } = asSandglassError(error);
    // Its exit code and its words are its own.
    if (error instanceof ExitError) return error;
    return new SandglassError(code, `${what}: ${message}`, { cause: error });
  };
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw wrap(error);
    }) as T;
  } catch (error) {
    throw wrap(error);
  }
}
