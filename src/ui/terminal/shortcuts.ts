import { words } from '#ui/words/words.ts';

/** What the page does at a key, wherever the focus is; all else is the terminal's. */
export type Shortcut =
  | 'copy'
  | 'paste'
  | 'send-control-v'
  | 'find'
  | 'new-tab'
  | 'next-tab'
  | 'previous-tab'
  | 'leave-terminal'
  | 'larger'
  | 'smaller'
  | 'usual-size';

export type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'
>;

const withControlShift: Partial<Record<string, Shortcut>> = {
  KeyC: 'copy',
  KeyV: 'paste',
  KeyF: 'find',
  Enter: 'new-tab',
  ArrowRight: 'next-tab',
  ArrowLeft: 'previous-tab',
  ArrowUp: 'leave-terminal',
};

const sizes: Partial<Record<string, Shortcut>> = {
  '+': 'larger',
  '=': 'larger',
  '-': 'smaller',
  '0': 'usual-size',
};

/**
 * The page's shortcut for a key press. Chosen among the keys that browsers and shells leave free.
 * Ctrl+C copies only what is selected, and interrupts otherwise; on a Mac, where copying has Cmd, it
 * always interrupts.
 */
export function shortcutOf(
  press: KeyPress,
  hasSelection: boolean,
  mac: boolean,
): Shortcut | undefined {
  const { key, code, ctrlKey, shiftKey, altKey, metaKey } = press;
  const command = mac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  // Ctrl+Shift+Minus is readline's undo, Ctrl+_.
  if (command && !altKey && sizes[key] && !(shiftKey && key === '-')) return sizes[key];
  if (ctrlKey && shiftKey && !altKey && !metaKey) {
    const letter = /^[A-Z]$/i.test(key) ? `Key${key.toUpperCase()}` : code;
    const shortcut = withControlShift[letter];
    return mac && (shortcut === 'copy' || shortcut === 'paste') ? undefined : shortcut;
  }
  if (mac || !ctrlKey || shiftKey || metaKey) return undefined;
  const letter = key.toLowerCase();
  if (letter === 'v') return altKey ? 'send-control-v' : 'paste';
  return letter === 'c' && !altKey && hasSelection ? 'copy' : undefined;
}

export interface ShortcutHelp {
  keys: string;
  does: string;
}

/** The keys as the help shows them. */
export function shortcutHelp(mac: boolean): readonly ShortcutHelp[] {
  const { keyboard } = words;
  return [
    ...(mac
      ? [keyboard.macCopy]
      : [keyboard.copyOrInterrupt, keyboard.copy, keyboard.paste, keyboard.sendControlV]),
    keyboard.find,
    keyboard.newTab,
    keyboard.otherTab,
    keyboard.leave,
    mac ? keyboard.macSize : keyboard.size,
    keyboard.scroll,
    keyboard.closeTab,
    keyboard.end,
  ];
}
