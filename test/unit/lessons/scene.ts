import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { TraceBody, TraceRecord } from '#base/trace-records.ts';
import type { Pod } from '#kube/types.ts';
import type { Scene } from '#lessons/code.ts';
import type { CommandResult } from '#rpc/node-calls.ts';

/** A scene with nothing in it but what is given; a command that is not expected fails the test. */
export function sceneOf({
  trace = [],
  ...given
}: Partial<Omit<Scene, 'trace'>> & { trace?: readonly TraceBody[] }): Scene {
  return {
    pods: [],
    events: [],
    held: [],
    breakpoints: [],
    passed: [],
    run: (command) => Promise.reject(new Error(`Nobody expected ${command}.`)),
    ...given,
    trace: trace.map((body, index): TraceRecord => ({ ...body, id: index + 1, time: 0 })),
  };
}

/** Says the same to every command. */
export const saying = (stdout: string) => () => Promise.resolve({ code: 0, stdout, stderr: '' });

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'lesson-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Runs commands by this machine's bash, with a directory here in place of one of the node. */
export function bashWith(nodes: string, ours: string): Scene['run'] {
  return (command) =>
    new Promise<CommandResult>((resolve) => {
      execFile('bash', ['-c', command.replaceAll(nodes, ours)], (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
}

interface PodParts {
  uid?: string;
  spec?: Partial<Pod['spec']>;
  /** Restarts by the names of the containers that run. */
  running?: Readonly<Record<string, number>>;
}

/** A pod on node-1, in the namespace default. */
export function podOf(name: string, { uid = name, spec = {}, running = {} }: PodParts = {}): Pod {
  return {
    metadata: { name, namespace: 'default', uid },
    spec: { nodeName: 'node-1', containers: [], ...spec },
    status: {
      containerStatuses: Object.entries(running).map(([container, restartCount]) => ({
        name: container,
        image: '',
        imageID: '',
        ready: true,
        restartCount,
        state: { running: {} },
      })),
    },
  };
}
