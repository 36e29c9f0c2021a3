/** What a machine's state depends on, beside the state itself. */
export interface Build {
  /** SHA-256 of the guest manifest, which names every file of the guest by its digest. */
  manifest: string;
  /** The emulator and its version. */
  emulator: string;
}

/** Both in a word, for who only compares. */
export function nameOfBuild({ manifest, emulator }: Build): string {
  return `${manifest} ${emulator}`;
}
