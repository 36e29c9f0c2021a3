/** Files as far as logs are read from them. */
export interface LogFiles {
  read(
    path: string,
    options: { offset: number; length: number; signal: AbortSignal },
  ): Promise<Uint8Array>;
  /** Follows symbolic links. */
  stat(path: string, signal: AbortSignal): Promise<{ size: number; inode: bigint }>;
  /** A directory's entries, by name. */
  list(path: string, signal: AbortSignal): Promise<readonly { name: string; inode: bigint }[]>;
}
