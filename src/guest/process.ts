import { type SignalName, signalName, signals } from '#abi/signals.ts';
import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { Channel } from './channel.ts';
import type { Link } from './link.ts';
import { type PayloadReader, PayloadWriter } from './payload.ts';
import * as protocol from './protocol.ts';

export type NamespaceKind = keyof typeof protocol.namespace;

export interface ProcessSpec {
  /** The program, found along PATH if it has no slash, and its arguments. */
  argv: readonly string[];
  /** The environment. Without it the process gets the agent's. */
  env?: Readonly<Record<string, string>>;
  /** Add `env` to the agent's environment rather than replace it. */
  extendEnv?: boolean;
  /** The working directory, in the root that the process ends up in. */
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Supplementary groups; none unless given. At most 64. */
  groups?: readonly number[];
  /** A pipe to write to; without it, and without a terminal, the process reads /dev/null. */
  stdin?: boolean;
  /** A terminal of this size instead of pipes. */
  terminal?: TerminalSize;
  /** Namespaces to enter; with `mount` also the process's root directory. */
  namespaces?: { of: number; enter: readonly NamespaceKind[] };
  /** A directory of cgroup2 to join before the program starts. */
  cgroup?: string;
  /** Make it the leader of a new session, away from any terminal. */
  newSession?: boolean;
  /** Let it live on when the session with the agent ends. */
  persistent?: boolean;
}

/** How a process ended: its exit code or the signal that killed it. */
export type ProcessExit = { code: number; signal?: never } | { signal: string; code?: never };

/** How long each output is up to the process's end; what comes later is from others that hold it open. */
export interface OutputLengths {
  stdout: number;
  stderr: number;
}

const streams = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** Starts a process; the promise rejects with why the program could not be executed. */
export async function spawnProcess(
  link: Link,
  spec: ProcessSpec,
  signal?: AbortSignal,
): Promise<GuestProcess> {
  const [program] = spec.argv;
  if (program === undefined) {
    throw new SandglassError('invalid-argument', 'A process needs a program to run.');
  }
  const attempt = `Cannot start ${program}`;
  const channel = link.open(protocol.kind.process, encodeSpec(spec), { attempt, signal });
  const process = new GuestProcess(channel, spec);
  process.pid = (await channel.reply).u32();
  return process;
}

/** A process of the guest that we started. */
export class GuestProcess {
  /** As the agent's PID namespace numbers it. */
  pid = 0;
  readonly stdin: ByteSink | undefined;
  /** With a terminal, all that appears on it. */
  readonly stdout: ByteSource;
  /** With a terminal there is none of its own. */
  readonly stderr: ByteSource | undefined;
  /**
   * Resolves when the kernel reports the end. What the process wrote has come before, as far as its
   * streams are being read. The streams end when nobody holds them any more.
   */
  readonly exited: Promise<ProcessExit>;
  /** Comes together with the exit. */
  readonly lengths: Promise<OutputLengths>;
  readonly #channel: Channel;

  constructor(channel: Channel, spec: ProcessSpec) {
    this.#channel = channel;
    const hasInput = spec.stdin === true || spec.terminal !== undefined;
    this.stdin = hasInput ? channel.outgoing(streams.stdin) : undefined;
    this.stdout = channel.incoming(streams.stdout, 'Cannot read the output');
    this.stderr = spec.terminal
      ? undefined
      : channel.incoming(streams.stderr, 'Cannot read the error output');
    const end = channel.result.then(decodeEnd);
    this.exited = end.then(({ exit }) => exit);
    this.lengths = end.then(({ lengths }) => lengths);
    // A caller need not wait for either.
    this.exited.catch(() => undefined);
    this.lengths.catch(() => undefined);
  }

  /** Sends a signal to the process, or to its whole group. Nothing happens if it has ended. */
  signal(signal: SignalName | number, { group = false } = {}): void {
    const number = typeof signal === 'number' ? signal : signals[signal];
    this.#channel.control(
      protocol.control.signal,
      new PayloadWriter().u32(number).u32(group ? 1 : 0),
    );
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#channel.control(protocol.control.resize, new PayloadWriter().u16(columns).u16(rows));
  }

  /** Lets go of the process and its streams; it runs on, with its pipes closed or its terminal hung up. */
  close(): void {
    this.#channel.close(protocol.close.release);
  }

  /** Kills the process with its group, and lets go of it. */
  kill(): void {
    this.#channel.close(protocol.close.kill);
  }
}

function encodeSpec(spec: ProcessSpec): PayloadWriter {
  const { process, namespace } = protocol;
  const extend = spec.extendEnv === true || spec.env === undefined;
  const flags =
    (spec.stdin ? process.stdin : 0) |
    (spec.terminal ? process.terminal : 0) |
    (spec.newSession ? process.newSession : 0) |
    (spec.persistent ? process.persistent : 0) |
    (extend ? process.extendEnvironment : 0);
  const groups = spec.groups ?? [];
  const payload = new PayloadWriter()
    .u32(flags)
    .u16(spec.terminal?.columns ?? 0)
    .u16(spec.terminal?.rows ?? 0)
    .u32(spec.uid ?? 0)
    .u32(spec.gid ?? 0)
    .u32(groups.length);
  if (groups.length > 64) {
    throw new SandglassError('invalid-argument', 'A process can have at most 64 extra groups.');
  }
  for (const group of groups) payload.u32(group);
  const entered = spec.namespaces?.enter.reduce((set, name) => set | namespace[name], 0);
  return payload
    .u32(spec.namespaces?.of ?? 0)
    .u32(entered ?? 0)
    .string(spec.cgroup ?? '')
    .string(spec.cwd ?? '')
    .strings(spec.argv)
    .strings(Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`));
}

function decodeEnd(reader: PayloadReader): { exit: ProcessExit; lengths: OutputLengths } {
  const how = reader.u32();
  const number = reader.u32();
  const exit = how === protocol.exit.signal ? { signal: signalName(number) } : { code: number };
  return { exit, lengths: { stdout: reader.size(), stderr: reader.size() } };
}
