/** Moves the focus among the controls of a menu or list by the arrow keys, Home and End; whether Tab goes through them too is theirs to say. */
export function moveFocus(event: KeyboardEvent, menu: HTMLElement): void {
  const all = controlsOf(menu);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const target = {
    ArrowDown: all[(at + 1) % all.length],
    ArrowUp: all[(at - 1 + all.length) % all.length],
    Home: all[0],
    End: all.at(-1),
  }[event.key];
  if (!target) return;
  event.preventDefault();
  target.focus();
}

/** What can have the focus in a menu, in order. */
function controlsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('button:not(:disabled), input, a')];
}

/** Of a menu that has opened or closed: its first control has the focus, or its opener again. */
export function focusAfterToggle(isOpen: boolean, menu: HTMLElement, opener: HTMLElement): void {
  if (isOpen) controlsOf(menu)[0]?.focus();
  // Escape: the control that had the focus has gone with the menu.
  else if (document.activeElement === document.body) opener.focus();
}
