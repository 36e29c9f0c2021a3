import type { Failure } from '#rpc/contracts.ts';
import type { MachineEvent } from '#vm/events.ts';

/** How an event of a pod's virtual machine ends it, in the reader's words; undefined if it runs on. */
export function machineEnd(event: MachineEvent): Failure | undefined {
  switch (event.type) {
    case 'guest-panic':
      return {
        code: 'aborted',
        message: `The kernel of the virtual machine panicked: ${event.message}.`,
      };
    case 'emulator-failed':
      return { code: 'internal', message: event.error.message };
    case 'cpu-halted':
      return { code: 'unavailable', message: 'The virtual machine was switched off from within.' };
    case 'guest-reset':
      return { code: 'unavailable', message: 'The virtual machine was reset from within.' };
    default:
      return undefined;
  }
}
