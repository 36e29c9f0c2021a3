import type { NodeStatus } from '#rpc/contracts.ts';
import { progressInWords } from './words.ts';

/** What stands in the terminals' place, or over them, while there is no shell to type in. */
export type Stage =
  | { kind: 'none' }
  | { kind: 'progress'; title: string; detail: string; done: number | undefined }
  | { kind: 'paused'; title: string; detail: string }
  | {
      kind: 'stopped';
      title: string;
      message: string;
      console: string;
      primary: 'retry' | 'restart';
    };

/** How a machine came to run. */
export const startedFrom = {
  snapshot: 'from its snapshot',
  'cold-boot': 'from power-on',
  checkpoint: 'with the saved cluster',
} as const;

export function stageOf(status: NodeStatus, nodeName: string): Stage {
  switch (status.kind) {
    case 'off':
      return { kind: 'progress', title: 'Preparing', detail: '', done: undefined };
    case 'loading':
      return {
        kind: 'progress',
        title: `Fetching ${status.asset}`,
        detail:
          progressInWords(status.loadedBytes, status.totalBytes) +
          (status.fromCache ? ', from this browser’s cache' : ''),
        done:
          status.totalBytes > 0 ? Math.min(1, status.loadedBytes / status.totalBytes) : undefined,
      };
    case 'starting':
      return {
        kind: 'progress',
        ...(status.lost
          ? { title: `Waiting for ${nodeName}’s agent`, detail: 'The machine itself runs on.' }
          : {
              title: `Starting ${nodeName}`,
              detail: startedFrom[status.source],
            }),
        done: undefined,
      };
    case 'running':
      return { kind: 'none' };
    case 'paused':
      return status.by === 'reader'
        ? {
            kind: 'paused',
            title: 'Paused',
            detail: `Time stands still on ${nodeName}; keys are not sent.`,
          }
        : {
            kind: 'paused',
            title: 'Asleep',
            detail: `${nodeName} had nothing to do while you were away.`,
          };
    case 'halted':
      return {
        kind: 'stopped',
        title: `${nodeName} is switched off`,
        message: status.failure.message,
        console: '',
        primary: 'restart',
      };
    case 'failed':
      return {
        kind: 'stopped',
        title: failedTitle(status.during, nodeName),
        message: status.failure.message,
        console: status.console,
        primary: status.during === 'running' ? 'restart' : 'retry',
      };
  }
}

function failedTitle(during: 'loading' | 'starting' | 'running', nodeName: string): string {
  switch (during) {
    case 'loading':
      return `${nodeName} could not be loaded`;
    case 'starting':
      return `${nodeName} did not start`;
    case 'running':
      return `${nodeName} has stopped working`;
  }
}

/** Whether there is a machine that shells live on. */
export function isUp(status: NodeStatus): boolean {
  return status.kind === 'running' || status.kind === 'paused';
}
