import type { Lingering } from '#ui/state/lingering.ts';

/** Holds what would leave by itself while the pointer or the focus is on its element. */
export function heldBy(lingering: Lingering): (element: HTMLElement) => () => void {
  return (element) => {
    const reasons = new Set<string>();
    const listeners = new AbortController();
    const on = (type: string, reason: string, here: boolean) => {
      element.addEventListener(
        type,
        () => {
          if (here) reasons.add(reason);
          else reasons.delete(reason);
          lingering.held = reasons.size > 0;
        },
        { signal: listeners.signal },
      );
    };
    on('pointerenter', 'pointer', true);
    on('pointerleave', 'pointer', false);
    on('focusin', 'focus', true);
    on('focusout', 'focus', false);
    return () => {
      listeners.abort();
      lingering.held = false;
    };
  };
}
