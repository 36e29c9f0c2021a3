import { describe, expect, it } from 'vitest';
import { exitStatus, readErrorText, readExitStatus } from './exit-status.ts';

const failure = (details: object) => JSON.stringify({ status: 'Failure', ...details });
const causes = (message: string) => ({
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'Other' }, { reason: 'ExitCode', message }] },
});

describe('the end of a command', () => {
  it.each([0, 1, 137, 255])('is read as it was written: %i', (code) => {
    expect(readExitStatus(JSON.stringify(exitStatus(code)))).toEqual({ code });
  });

  it('may be silent, of an attachment', () => {
    expect(readExitStatus('')).toEqual({ code: 0 });
    expect(readErrorText('')).toEqual({ code: 0 });
  });

  it('finds the exit code among other causes', () => {
    expect(readExitStatus(failure(causes('7')))).toEqual({ code: 7 });
  });

  // client-go, tools/remotecommand/v4_test.go
  it.each([
    [failure({ message: 'some failure' }), 'some failure'],
    ['{"status":"Odd"}', 'error stream protocol error: unknown error'],
    [
      failure({ reason: 'NonZeroExitCode' }),
      'error stream protocol error: no ExitCode cause given',
    ],
    [failure(causes('x')), 'error stream protocol error: invalid exit code value "x"'],
    [failure(causes('256')), 'error stream protocol error: invalid exit code value "256"'],
    [failure(causes('')), 'error stream protocol error: invalid exit code value ""'],
  ])('%s is thrown in upstream’s words', (text, message) => {
    expect(() => readExitStatus(text)).toThrow(message);
  });

  it('that is not JSON says so', () => {
    expect(() => readExitStatus('oops')).toThrow(/^error stream protocol error: .* in "oops"$/);
  });

  it('is text before v4', () => {
    expect(() => readErrorText('no shell')).toThrow('error executing remote command: no shell');
  });
});
