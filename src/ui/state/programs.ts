import type { TerminalSize } from '#base/terminal-size.ts';
import type { NodeApi, ProcessEnd } from '#rpc/contracts.ts';

/** What a tab runs: a login shell, or the machine's serial console. */
export interface Program {
  readonly kind: 'shell' | 'console';
  /** Begins; the port carries its bytes. Resolves once it runs. */
  connect(port: MessagePort, size: TerminalSize): Promise<RunningProgram>;
}

export interface RunningProgram {
  /** Resolves when the program ends by itself; a console never does. */
  readonly end: Promise<ProcessEnd>;
  resize(size: TerminalSize): void;
  close(): void;
}

export function shellOn(api: () => NodeApi): Program {
  return {
    kind: 'shell',
    async connect(port, size) {
      const node = api();
      const terminal = await node.openTerminal(size, port);
      return {
        end: node.terminalEnd(terminal),
        resize: (size) => {
          node.resizeTerminal(terminal, size).catch(ignoreEnd);
        },
        close: () => {
          node.closeTerminal(terminal).catch(ignoreEnd);
        },
      };
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
