/** What a terminal would obey is shown instead (cli-runtime, pkg/printers/terminal.go). */
export function escapeTerminal(text: string): string {
  return text.replaceAll('\x1b', '^[').replaceAll('\r', '\\r');
}
