import { Worker } from 'node:worker_threads';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { SandglassError } from '#base/errors.ts';
import { type NodeConnection, connect, connectMachine } from '#rpc/connect.ts';
import type { HeadlessApi } from '#rpc/contracts.ts';
import type { VmmApi } from '#rpc/vmm-contract.ts';
import type { WorkerConnection, WorkerLink } from '#rpc/worker-connection.ts';
import type { NodeThreadData } from './node-thread.ts';

/** Starts the node's machine in a worker thread of this process. */
export function connectNodeThread(data: NodeThreadData): NodeConnection<HeadlessApi> {
  return connect<HeadlessApi>(
    threadLink('node-1', './node-thread.ts', data, "The machine's thread"),
  );
}

/** Starts a thread for the virtual machine of a pod; `onThread` is handed it, to end it from outside as a browser may. */
export function connectVmmThread(onThread?: (thread: Worker) => void): WorkerConnection<VmmApi> {
  const link = threadLink('vmm', './vmm-thread.ts', {}, "The virtual machine's thread", onThread);
  return connectMachine(link);
}

/** `who` begins the sentences that its end is told in. */
function threadLink(
  name: string,
  module: string,
  data: object,
  who: string,
  onThread?: (thread: Worker) => void,
): WorkerLink {
  const script = new URL(module, import.meta.url).href;
  const worker = new Worker(new URL('./start-thread.mjs', import.meta.url), {
    name,
    workerData: { script, ...data },
  });
  onThread?.(worker);
  return {
    endpoint: nodeEndpoint(worker),
    onDeath: (report) => {
      worker.on('error', (cause) => {
        report(new SandglassError('unavailable', `${who} stopped: ${cause.message}`, { cause }));
      });
      worker.on('exit', (code) => {
        report(new SandglassError('unavailable', `${who} ended with code ${code}.`));
      });
    },
    terminate: () => void worker.terminate(),
  };
}
