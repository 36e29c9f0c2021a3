import { SandglassError } from '#base/errors.ts';
import type { Failure } from '#rpc/contracts.ts';
import type { MachineEvent } from '#vm/events.ts';
import type { FileFailure } from './node-archive.ts';
import { mostResets } from './reset-guard.ts';

/** Bytes of console text that a failure carries. */
const consoleTail = 4096;

/** A file of the archive that could not be had, to a reader. */
export function noticeOf({ error: { code, message } }: FileFailure): Failure {
  const end = 'The command that needed the file failed; run it again to retry.';
  return { code, message: `${message} ${end}` };
}

export function lostAgent(hostname: string): Failure {
  const message =
    `The agent by which this page reaches ${hostname} has ended, and the shells with it. ` +
    `${hostname} runs on with its files and pods; new shells open when its init has started a new agent.`;
  return { code: 'unavailable', message };
}

export function resetItself(hostname: string): SandglassError {
  const message =
    `${hostname} was restarted by itself and boots from power-on. ` +
    'Its files were in memory and are gone; its pods are begun again.';
  return new SandglassError('unavailable', message);
}

/** The end of a console's text, from a whole line on. */
export function lastLines(text: Uint8Array): string {
  const tail = text.subarray(-consoleTail);
  const begin = tail.length < text.length ? tail.indexOf(0x0a) + 1 : 0;
  return new TextDecoder().decode(tail.subarray(begin));
}

/** How an event of the machine ends it, in the reader's words; undefined if it runs on. */
export function endOf(
  event: MachineEvent,
): { kind: 'failed' | 'halted'; error: SandglassError } | undefined {
  switch (event.type) {
    case 'guest-panic':
      return {
        kind: 'failed',
        error: new SandglassError('aborted', `The guest's kernel panicked: ${event.message}.`),
      };
    case 'emulator-failed':
      return { kind: 'failed', error: event.error };
    case 'cpu-halted':
      return {
        kind: 'halted',
        error: new SandglassError('unavailable', 'The guest switched its machine off.'),
      };
    case 'guest-reset':
      return {
        kind: 'halted',
        error: new SandglassError(
          'unavailable',
          `The guest restarted its machine ${mostResets + 1} times within a minute; it is left off now.`,
        ),
      };
    default:
      return undefined;
  }
}
