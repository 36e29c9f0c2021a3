import type { ErrorCode } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';

/** How a machine comes to run: from the snapshot made at build time, or from power-on. */
export type StartSource = 'snapshot' | 'cold-boot';

/** A failure as it crosses a thread: an Error would lose its code on the way. */
export interface Failure {
  code: ErrorCode;
  /** A sentence for the reader. */
  message: string;
}

/** What the node's machine is doing; sent on every change. Bytes are of all that a start fetches, once decoded. */
export type NodeStatus =
  | { kind: 'off' }
  | {
      kind: 'loading';
      source: StartSource;
      /** What is still being fetched, in the reader's words, such as `node snapshot and emulator`. */
      asset: string;
      loadedBytes: number;
      totalBytes: number;
      fromCache: boolean;
      /** The guest has reset its machine, which starts again by itself. */
      reset?: Failure;
    }
  | {
      kind: 'starting';
      source: StartSource;
      /** The machine has run, and runs on: what has to be started anew is its agent. */
      lost?: Failure;
      /** As while loading. */
      reset?: Failure;
    }
  | { kind: 'running'; source: StartSource }
  | { kind: 'paused'; by: 'reader' | 'sleep' }
  /** The guest switched itself off or its CPU halted with interrupts off. */
  | { kind: 'halted'; failure: Failure }
  /** Loading or starting failed, or the guest's kernel panicked, or its worker died. */
  | {
      kind: 'failed';
      during: 'loading' | 'starting' | 'running';
      failure: Failure;
      /** The last lines of the machine's console, if there are any. */
      console: string;
    };

export interface MachineFacts {
  /** Such as `Linux 6.1.192 i686`. */
  kernel: string;
  memoryTotalBytes: number;
  memoryAvailableBytes: number;
  instructionsPerSecond: number;
  /** Milliseconds since 1970 by the guest's clock, now. */
  guestTime: number;
  uptimeSeconds: number;
  startedFrom: StartSource;
  /** Milliseconds from the request to start until the agent answered. */
  startMilliseconds: number;
}

export interface StartOptions {
  /** Memory of a machine that boots cold; a snapshot always has its own. */
  memoryBytes?: number;
}

/** How a terminal's shell ended. */
export type ProcessEnd = { kind: 'exited'; code: number } | { kind: 'killed'; signal: string };

export interface GuestFileFacts {
  name: string;
  /** As stat(2) says: 0 for the files of /proc, and a log may have grown before it is sent. */
  bytes: number;
}

/**
 * The worker that runs the node's machine. Ports carry `BytePort` streams (src/base/byte-port.ts).
 * Every call that the machine's end cuts short rejects with `unavailable`.
 */
export interface NodeApi {
  /** Calls back with the status now and at each change, until the page goes. */
  watchStatus(listener: (status: NodeStatus) => unknown): Promise<void>;
  /** Calls back with what goes wrong without ending the machine, until the page goes. */
  watchNotices(listener: (notice: Failure) => unknown): Promise<void>;
  /** Loads and starts, disposing of the machine before. Resolves when the agent answers; failures are also a status. */
  start(source: StartSource, options?: StartOptions): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Pauses if the machine was at rest for two seconds and has no process but its own, stopped ones and
   * shells at a prompt; tells whether it did. The next `resume` sets the guest's clock.
   */
  sleepIfIdle(): Promise<boolean>;
  facts(): Promise<MachineFacts>;
  /** A login shell on a pty of its own; its bytes go over the port. Resolves with a handle once the shell runs. */
  openTerminal(size: TerminalSize, port: MessagePort): Promise<number>;
  resizeTerminal(terminal: number, size: TerminalSize): Promise<void>;
  /** Resolves when the terminal's shell has ended. */
  terminalEnd(terminal: number): Promise<ProcessEnd>;
  /** Hangs up, as closing a terminal window does. */
  closeTerminal(terminal: number): Promise<void>;
  /**
   * Runs a command line by the shell, its standard input and output on `port`, its standard error
   * on `errors`. Resolves when it has ended and all its output was sent.
   */
  runCommand(command: string, port: MessagePort, errors: MessagePort): Promise<ProcessEnd>;
  /** The serial console: what it has shown since power-on (bounded), then what comes; typed bytes go in. */
  openConsole(port: MessagePort): Promise<void>;
  /**
   * Writes a file from the port's bytes, whole or not at all; what is no regular file is written in place. Without
   * `mode` a new file gets 0o644 and one that exists keeps its own. Resolves with the bytes written.
   */
  uploadFile(path: string, port: MessagePort, mode?: number): Promise<number>;
  /**
   * Sends a file's bytes to the port. Rejects with `not-found` and the like before any byte. The stream's end says
   * that it was whole, not the number of bytes.
   */
  downloadFile(path: string, port: MessagePort): Promise<GuestFileFacts>;
}
