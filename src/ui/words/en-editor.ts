/** Strings of the manifest editor. */
export const editor = {
  label: (file: string) => `Manifest ${file}`,
  tabKey: 'Tab leaves the editor; Control M lets it indent instead',
  tabIndents: 'Tab indents',
  tabHint: (key: string) => `Whether the Tab key indents or leaves the editor (${key})`,
  tabToggleKey: 'Ctrl+M',
  tabToggleKeyMac: '⇧⌥M',
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
  applyKey: 'Ctrl+Enter',
  applyKeyMac: '⌘ Enter',
  /** CodeMirror's own, by its English. */
  phrases: { Completions: 'Completions', 'Selection deleted': 'Selection deleted' },
} as const;
