import { SandglassError } from '#base/errors.ts';
import { restoreKeepingRegisterViews } from './patches/register-views.ts';
import type { V86Main } from './v86-internals.ts';

/** Puts a saved state into a fresh emulator. Throws `data-loss` if v86 cannot read it. */
export function restoreState(main: V86Main, state: Uint8Array): void {
  // v86 wants a buffer of its own: it looks at the whole of what it is given. Not `slice`, which
  // for a Buffer of Node gives a view.
  const { buffer } = new Uint8Array(state);
  try {
    restoreKeepingRegisterViews(main.cpu, () => {
      main.restore_state(buffer);
    });
  } catch (cause) {
    throw new SandglassError('data-loss', 'The snapshot is damaged: v86 could not read it.', {
      cause,
    });
  }
}
