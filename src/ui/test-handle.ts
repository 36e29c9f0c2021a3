import type { TerminalSize } from '#base/terminal-size.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { Page } from './page.svelte.ts';
import type { SessionState } from './state/session.svelte.ts';

/** What a terminal holds, for tests: a canvas cannot be read. */
export interface TerminalReport {
  title: string;
  kind: 'shell' | 'console';
  state: SessionState;
  active: boolean;
  /** The screen and what has scrolled past, wrapped lines joined. */
  text: string;
  size: TerminalSize | undefined;
}

/** `window.sandglass` of a page opened with `?test`: it reads, and changes nothing. */
export interface SandglassHandle {
  status(): NodeStatus;
  terminals(): TerminalReport[];
}

declare global {
  interface Window {
    sandglass?: SandglassHandle;
  }
}

export function offerTestHandle({ machine, tabs }: Page): void {
  window.sandglass = {
    status: () => machine.status,
    terminals: () =>
      tabs.sessions.map((session) => ({
        title: session.title,
        kind: session.kind,
        state: session.state,
        active: session === tabs.active,
        text: session.text,
        size: session.size,
      })),
  };
}
