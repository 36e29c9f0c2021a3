import type { NodeStatus } from '#rpc/contracts.ts';
import { words } from '#ui/words/words.ts';
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

export function stageOf(status: NodeStatus, nodeName: string): Stage {
  const say = words.machine.stage;
  switch (status.kind) {
    case 'off':
      return { kind: 'progress', title: say.preparing, detail: '', done: undefined };
    case 'loading':
      return {
        kind: 'progress',
        title: say.fetching(status.asset),
        detail: loadingDetail(status),
        done:
          status.totalBytes > 0 ? Math.min(1, status.loadedBytes / status.totalBytes) : undefined,
      };
    case 'starting':
      return {
        kind: 'progress',
        ...(status.lost
          ? { title: say.waiting(nodeName), detail: say.runsOn }
          : { title: say.starting(nodeName), detail: words.machine.startedFrom[status.source] }),
        done: undefined,
      };
    case 'running':
      return { kind: 'none' };
    case 'paused':
      return status.by === 'reader'
        ? { kind: 'paused', title: say.paused, detail: say.pausedWhy(nodeName) }
        : { kind: 'paused', title: say.asleep, detail: say.asleepWhy(nodeName) };
    case 'halted':
      return {
        kind: 'stopped',
        title: say.halted(nodeName),
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

function loadingDetail(status: Extract<NodeStatus, { kind: 'loading' }>): string {
  const progress = progressInWords(status.loadedBytes, status.totalBytes);
  return status.fromCache ? words.machine.stage.fromCache(progress) : progress;
}

function failedTitle(during: 'loading' | 'starting' | 'running', nodeName: string): string {
  const { notLoaded, notStarted, notWorking } = words.machine.stage;
  return { loading: notLoaded, starting: notStarted, running: notWorking }[during](nodeName);
}

/** Whether there is a machine that shells live on. */
export function isUp(status: NodeStatus): boolean {
  return status.kind === 'running' || status.kind === 'paused';
}
