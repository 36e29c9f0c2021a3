import type { TerminalSize } from '#base/terminal-size.ts';
import type { NodeApi, ProcessEnd } from '#rpc/contracts.ts';

/** What a tab runs: a login shell, the machine's serial console, or kubectl with a container of a pod. */
export interface Program {
  readonly kind: 'shell' | 'console' | 'container';
  /** As a reader would type it on the node; a shell and the console say themselves what they are. */
  readonly command?: string;
  /** Begins; the port carries its bytes. Resolves once it runs. */
  connect(port: MessagePort, size: TerminalSize): Promise<RunningProgram>;
}

export interface RunningProgram {
  /** Resolves when the program ends by itself; a console never does. */
  readonly end: Promise<ProcessEnd>;
  /**
   * After the end: a sentence on what it was connected to, once that is known; nothing if there is none to say. Never
   * rejects, and resolves when the signal ends the wait.
   */
  readonly aftermath?: (signal: AbortSignal) => Promise<string | undefined>;
  resize(size: TerminalSize): void;
  close(): void;
}

export function shellOn(api: () => NodeApi): Program {
  return { kind: 'shell', connect: (port, size) => openTerminal(api(), port, size) };
}

/** A shell in a terminal of the node, or a command in the shell's place. */
export async function openTerminal(
  node: NodeApi,
  port: MessagePort,
  size: TerminalSize,
  command?: readonly string[],
): Promise<RunningProgram> {
  const terminal = await node.openTerminal(size, port, command);
  return {
    end: node.terminalEnd(terminal),
    resize: (size) => {
      node.resizeTerminal(terminal, size).catch(ignoreEnd);
    },
    close: () => {
      node.closeTerminal(terminal).catch(ignoreEnd);
    },
  };
}

export function consoleOf(api: () => NodeApi): Program {
  return {
    kind: 'console',
    async connect(port) {
      await api().openConsole(port);
      return {
        end: new Promise(() => undefined),
        resize: () => undefined,
        close: () => undefined,
      };
    },
  };
}

/** A resize or hang-up that comes after the end has nothing left to do. */
function ignoreEnd(): void {
  return;
}
