/** Command lines that both kubectls are given, in this order; each group has servers of its own. */
export interface CommandGroup {
  title: string;
  /** In the folder where the commands run. */
  files: Readonly<Record<string, string>>;
  /** `< FILE` at the end is the standard input. */
  lines: readonly string[];
  /** Whether other versions of kubectl print the same. */
  isStable: boolean;
}
