import { BytePort } from '#base/byte-port.ts';
import { type ByteSink, type ByteSource, pipeBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { ownOutput } from '#guest/own-output.ts';
import type { GuestProcess, ProcessExit } from '#guest/process.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { ProcessEnd } from '#rpc/contracts.ts';
import type { LinuxNode } from './linux-node.ts';

/** What login(1) would set; the rest is up to /etc/profile. */
const loginEnvironment = {
  HOME: '/root',
  LOGNAME: 'root',
  SHELL: '/bin/bash',
  USER: 'root',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/** The shells and commands that the page runs on the node, each with a port of its own. */
export class NodeTerminals {
  readonly #node: LinuxNode;
  readonly #shells = new Map<number, GuestProcess>();
  #last = 0;

  constructor(node: LinuxNode) {
    this.#node = node;
  }

  /** A login shell on a new pty, or a command in its place. Resolves with the terminal's number once it runs. */
  async open(
    size: TerminalSize,
    port: MessagePort,
    command: readonly string[] = [],
  ): Promise<number> {
    const bytes = new BytePort(port);
    try {
      const shell = await this.#node.running.agent.spawn({
        argv: ['/bin/bash', '--login', ...(command.length > 0 ? inItsPlace(command) : [])],
        env: { ...loginEnvironment, TERM: 'xterm-256color' },
        cwd: '/root',
        terminal: size,
      });
      const terminal = ++this.#last;
      this.#shells.set(terminal, shell);
      void hangUpAfter(shell, relay(ownOutput(shell, 'stdout'), bytes.outgoing, bytes));
      relayInput(bytes.incoming, shell);
      return terminal;
    } catch (error) {
      bytes.fail(asSandglassError(error));
      throw error;
    }
  }

  resize(terminal: number, size: TerminalSize): Promise<void> {
    this.#shell(terminal).resize(size);
    return Promise.resolve();
  }

  async end(terminal: number): Promise<ProcessEnd> {
    const shell = this.#shell(terminal);
    try {
      return endOf(await shell.exited);
    } finally {
      this.#shells.delete(terminal);
    }
  }

  close(terminal: number): Promise<void> {
    this.#shells.get(terminal)?.close();
    this.#shells.delete(terminal);
    return Promise.resolve();
  }

  /** Runs a command line to its end, with pipes; or until nobody reads any more what it writes. */
  async run(command: string, port: MessagePort, errors: MessagePort): Promise<ProcessEnd> {
    const bytes = new BytePort(port);
    const errorBytes = new BytePort(errors);
    try {
      const spec = { argv: ['/bin/bash', '-c', command], env: loginEnvironment, cwd: '/root' };
      const process = await this.#node.running.agent.spawn(
        { ...spec, stdin: true },
        bytes.unwanted,
      );
      relayInput(bytes.incoming, process);
      const sent = Promise.all([
        relay(ownOutput(process, 'stdout'), bytes.outgoing, bytes),
        relay(ownOutput(process, 'stderr'), errorBytes.outgoing, errorBytes),
      ]);
      const exit = await process.exited;
      await sent;
      process.close();
      return endOf(exit);
    } catch (error) {
      bytes.fail(asSandglassError(error));
      errorBytes.fail(asSandglassError(error));
      throw error;
    }
  }

  #shell(terminal: number): GuestProcess {
    const shell = this.#shells.get(terminal);
    if (!shell) throw new SandglassError('not-found', `There is no terminal ${terminal}.`);
    return shell;
  }
}

/** Arguments that have bash become a command, of whose words it reads none (bash(1), exec and "$@"). */
function inItsPlace(command: readonly string[]): string[] {
  return ['-c', 'exec "$@"', 'bash', ...command];
}

/**
 * What the shell left running on its terminal is hung up, as when a terminal window closes. The kernel hangs the
 * terminal up before it tells of the exit, so the output's end is not the shell's; a reader who leaves is.
 */
async function hangUpAfter(shell: GuestProcess, shown: Promise<boolean>): Promise<void> {
  if (await shown) await shell.exited.catch(() => undefined);
  shell.close();
}

/**
 * Copies to the port's reader until either side ends; a failure is the reader's to see. Tells whether the source
 * came to its end.
 */
async function relay(source: ByteSource, sink: ByteSink, port: BytePort): Promise<boolean> {
  try {
    await pipeBytes(source, sink);
    return true;
  } catch (error) {
    source.cancel();
    port.fail(asSandglassError(error));
    return false;
  }
}

/** Copies what is typed until the process is gone; then nobody is there to be told. */
function relayInput(source: ByteSource, process: GuestProcess): void {
  if (!process.stdin) return;
  pipeBytes(source, process.stdin).catch(() => {
    source.cancel();
  });
}

function endOf(exit: ProcessExit): ProcessEnd {
  if (exit.signal !== undefined) return { kind: 'killed', signal: exit.signal };
  return { kind: 'exited', code: exit.code };
}
