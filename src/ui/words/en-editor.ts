/** Strings of the manifest editor. */
export const editor = {
  label: (file: string) => `Manifest ${file}`,
  tabKey: (key: string) => `Tab leaves the editor; ${key} lets it indent instead`,
  tabIndents: 'Tab indents',
  tabHint: (key: string) => `Whether the Tab key indents or leaves the editor (${key})`,
  /** Instead of that, once it does. */
  tabKeyIndents: 'Tab indents; Escape, then Tab leaves the editor',
  /** As they stand on the keyboard, and as they are read out. */
  keys: {
    apply: 'Ctrl+Enter',
    applyMac: '⌘ Enter',
    tabToggle: { shown: 'Ctrl+M', spoken: 'Control M' },
    tabToggleMac: { shown: '⇧⌥M', spoken: 'Shift Option M' },
  },
  apply: 'Apply',
  applyHint: (key: string) => `Apply (${key})`,
  loadFailed:
    'The editor could not be loaded; the network may be down. This is a plain text field.',
  loadAgain: 'Load it again',
  problems: (count: number) => (count === 1 ? '1 problem' : `${count} problems`),
  noProblems: 'No problems',
  line: (line: number) => `Line ${line}`,
  tooLong:
    'This manifest is too long to be checked here; the API server checks it when it is applied.',
  required: 'required',
  /** CodeMirror's own, by its English. */
  phrases: { Completions: 'Completions', 'Selection deleted': 'Selection deleted' },
} as const;
