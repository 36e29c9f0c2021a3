import type { TerminalSize } from '#base/terminal-size.ts';
import type { NodeStatus, TraceBatch } from '#rpc/contracts.ts';
import type { Page } from './page.svelte.ts';
import type { Session, SessionState } from './state/session.svelte.ts';

/** What a terminal holds, for tests: a canvas cannot be read. */
export interface TerminalReport {
  title: string;
  kind: Session['kind'];
  state: SessionState;
  active: boolean;
  /** The screen and what has scrolled past, wrapped lines joined. */
  text: string;
  size: TerminalSize | undefined;
}

/** `window.sandglass` of a page opened with `?test`: it reads, and can show a recorded trace. */
export interface SandglassHandle {
  status(): NodeStatus;
  terminals(): TerminalReport[];
  trace(): { records: number; lost: number };
  /** Shows another trace in place of the node's, as it is told by what this gives. */
  replayTrace(): (batch: TraceBatch) => void;
}

declare global {
  interface Window {
    sandglass?: SandglassHandle;
  }
}

export function offerTestHandle({ machine, tabs, cluster }: Page): void {
  window.sandglass = {
    status: () => machine.status,
    trace: () => ({ records: cluster.trace.records.length, lost: cluster.trace.lost }),
    replayTrace: () => cluster.trace.replay(),
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
