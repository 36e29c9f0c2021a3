/** Terminals: their tabs, what is said on their screens, and how to find in them. */
export const terminal = {
  area: 'Terminals',
  label: (title: string) => `Terminal ${title}; Ctrl+Shift+Up leaves it`,
  /** For screen readers, by xterm.js. */
  tooMuchOutput: 'Too much output to announce, navigate to rows manually to read',
  console: 'Console',
  /** After a tab's title. */
  ended: ', ended',
  close: (title: string) => `Close ${title}`,
  new: 'New terminal',
  newHint: 'New terminal (Ctrl+Shift+Enter)',
  find: 'Find',
  findHint: 'Find (Ctrl+Shift+F)',
  drop: (machine: string) => `Drop to upload to ${machine}`,
  try: 'Try',
  /** Of a program: how it came to its end, and what can be done then. */
  exited: (code: number) => `exited with code ${code}`,
  killed: (signal: string) => `killed by signal ${signal}`,
  endedSo: (end: string, then: string) => `${end} — ${then}`,
  failedSo: (failure: string, then: string) => `${failure} ${then}`,
  then: {
    shell: 'Enter for a new shell, Ctrl+D to close',
    console: 'Enter to listen to the console again, Ctrl+D to close',
  },
  noShell: 'The terminal has no shell now.',
  copyFailed: 'The browser did not allow to copy.',
} as const;

export const findBar = {
  bar: 'Find in the terminal',
  text: 'Find',
  matchCase: 'Match case',
  regularExpression: 'Regular expression',
  invalid: 'Not a valid expression',
  none: 'No matches',
  /** @param count of matches; `limited`: there are more */
  matches: (count: number, limited: boolean) => `${count}${limited ? '+' : ''} matches`,
  match: (number: number, count: number, limited: boolean) =>
    `${number} of ${count}${limited ? '+' : ''}`,
  previous: 'Previous match',
  previousHint: 'Previous match (Enter)',
  next: 'Next match',
  nextHint: 'Next match (Shift+Enter)',
  close: 'Close find',
  closeHint: 'Close (Esc)',
  failed: 'The terminal could not be searched.',
  notLoaded: 'Find could not be loaded; the network may be down.',
} as const;

/** The keys that a touch keyboard lacks: what is on them, and what a sign is called. */
export const keyBar = {
  bar: 'Keys',
  control: 'Ctrl',
  escape: 'Esc',
  tab: 'Tab',
  left: 'Left',
  down: 'Down',
  up: 'Up',
  right: 'Right',
  pipe: 'Pipe',
  slash: 'Slash',
  dash: 'Dash',
} as const;

/** The help for the keyboard: keys as they are written on it, and what they do. */
export const keyboard = {
  title: 'Keyboard',
  macCopy: { keys: 'Cmd+C, Cmd+V', does: 'Copy the selection, paste' },
  copyOrInterrupt: {
    keys: 'Ctrl+C',
    does: 'Copy the selection; interrupt if nothing is selected',
  },
  copy: { keys: 'Ctrl+Shift+C', does: 'Copy the selection' },
  paste: { keys: 'Ctrl+V, Ctrl+Shift+V', does: 'Paste' },
  sendControlV: { keys: 'Ctrl+Alt+V', does: 'Send Ctrl+V itself to the program' },
  find: { keys: 'Ctrl+Shift+F', does: 'Find in the terminal' },
  newTab: { keys: 'Ctrl+Shift+Enter', does: 'New terminal' },
  otherTab: { keys: 'Ctrl+Shift+Left, Right', does: 'Previous, next terminal' },
  leave: {
    keys: 'Ctrl+Shift+Up',
    does: 'Leave the terminal for its tabs; Down or Enter goes back',
  },
  size: { keys: 'Ctrl+Plus, Minus, 0', does: 'Larger, smaller, usual text' },
  macSize: { keys: 'Cmd+Plus, Minus, 0', does: 'Larger, smaller, usual text' },
  scroll: { keys: 'Shift+PageUp, PageDown', does: 'Scroll back, forward' },
  closeTab: { keys: 'Delete', does: 'Close the tab that has the focus' },
  end: { keys: 'Ctrl+D', does: 'End the shell; once it has ended, close its tab' },
} as const;

/** First steps, and what each shows. */
export const thingsToTry = {
  title: 'Things to try',
  type: 'Type it',
  typeCommand: (command: string) => `Type ${command}`,
  pod: 'A pod with a real nginx, made by the kubelet on this machine',
  namespaces: 'The namespaces that processes live in',
  newNamespace: 'A process that believes it is the only one: a new PID namespace',
  runtime: 'What containers are made with, ready on this machine',
} as const;
