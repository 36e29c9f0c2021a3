import type { ByteDuplex, ByteSink, ByteSource } from '#base/byte-stream.ts';
import type { Unsubscribe } from '#base/emitter.ts';
import type { TerminalSize } from '#base/terminal-size.ts';

/** The terminal of a command, where it has one. */
export interface Terminal {
  /** The size now. */
  readonly size: TerminalSize;
  /** Which of the standard streams are it. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  onResize(listener: (size: TerminalSize) => void): Unsubscribe;
  /** Keys as they are pressed, without echo and without signals. */
  setRaw(raw: boolean): void;
}

export interface FileStatus {
  /** `file`, `directory`, `symlink` and others. */
  type: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  inode: bigint;
  /** Milliseconds since 1970. */
  modified: number;
}

export interface DirectoryEntry extends FileStatus {
  name: string;
}

/** A file that is being written. */
export interface FileWriter {
  readonly sink: ByteSink;
  finish(): Promise<void>;
  cancel(): void;
}

interface Cancellable {
  signal?: AbortSignal;
}

/** The caller's files; relative paths start where it was called. Absent files reject with `not-found`. */
export interface Files {
  openRead(path: string, options?: Cancellable): Promise<{ size: number; source: ByteSource }>;
  read(
    path: string,
    options?: Cancellable & { offset?: number; length?: number },
  ): Promise<Uint8Array>;
  openWrite(path: string, options?: Cancellable & { mode?: number }): Promise<FileWriter>;
  write(
    path: string,
    content: Uint8Array | string,
    options?: Cancellable & { mode?: number },
  ): Promise<void>;
  stat(path: string, signal?: AbortSignal): Promise<FileStatus>;
  lstat(path: string, signal?: AbortSignal): Promise<FileStatus>;
  list(path: string, signal?: AbortSignal): Promise<DirectoryEntry[]>;
  makeDirectory(
    path: string,
    options?: Cancellable & { parents?: boolean; mode?: number },
  ): Promise<void>;
  remove(
    path: string,
    options?: Cancellable & { recursive?: boolean; missing?: 'fail' | 'ignore' },
  ): Promise<void>;
  symlink(path: string, target: string, signal?: AbortSignal): Promise<void>;
  readLink(path: string, signal?: AbortSignal): Promise<string>;
}

export interface Listener {
  readonly port: number;
  close(): void;
}

/** One call of kubectl or crictl in a shell of the node. */
export interface Invocation {
  /** With the name that it was called by first. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly terminal: Terminal | undefined;
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  readonly files: Files;
  /** Takes TCP connections to an address of the node. */
  listen(
    address: { host: string; port: number },
    onConnection: (connection: ByteDuplex) => void,
    signal: AbortSignal,
  ): Promise<Listener>;
  /** Runs a program of the node on the caller's terminal and resolves with its exit code. */
  run(argv: readonly string[], signal: AbortSignal): Promise<number>;
  /** Fires when the caller is gone or interrupted. */
  readonly signal: AbortSignal;
}

/** What answers an invocation; resolves with the exit code. */
export type Program = (invocation: Invocation) => Promise<number>;
