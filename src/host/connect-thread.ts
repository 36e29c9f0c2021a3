import { Worker } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { SandglassError } from '#base/errors.ts';
import { type NodeConnection, connect } from '#rpc/connect.ts';
import type { HeadlessApi } from '#rpc/contracts.ts';
import type { NodeThreadData } from './node-thread.ts';

/** Starts the node's machine in a worker thread of this process. */
export function connectNodeThread(data: NodeThreadData): NodeConnection<HeadlessApi> {
  const script = new URL('./node-thread.ts', import.meta.url).href;
  const worker = new Worker(new URL('./start-thread.mjs', import.meta.url), {
    name: 'node-1',
    workerData: { script, ...data },
  });
  return connect<HeadlessApi>({
    endpoint: nodeEndpoint(worker),
    onDeath: (report) => {
      worker.on('error', (cause) => {
        report(
          new SandglassError('unavailable', `The machine's thread stopped: ${cause.message}`, {
            cause,
          }),
        );
      });
      worker.on('exit', (code) => {
        report(new SandglassError('unavailable', `The machine's thread ended with code ${code}.`));
      });
    },
    terminate: () => void worker.terminate(),
  });
}
