/** A terminal's size in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}
