import { Emitter } from '#base/emitter.ts';
import { browserLink, uniqueName } from './browser-worker.ts';
import type { NodeApi, NodeStatus } from './contracts.ts';
import type { VmmApi } from './vmm-contract.ts';
import { type WorkerConnection, type WorkerLink, connectWorker } from './worker-connection.ts';

/** The node's worker. */
export interface NodeConnection<A extends NodeApi = NodeApi> extends WorkerConnection<A> {
  /** The machine's status, and `failed` if the worker itself dies. */
  status: Emitter<NodeStatus>;
}

/** Starts the node's worker in a browser. It loads nothing before `start` is called. */
export function connectNode(): NodeConnection {
  const name = uniqueName('node-1');
  const worker = new Worker(new URL('../workers/node.worker.ts', import.meta.url), {
    type: 'module',
    name,
  });
  return connect(browserLink(worker, name, "The machine's worker"));
}

/** Starts a worker for the virtual machine of a pod, from a page's thread or another worker. */
export function connectVmm(): WorkerConnection<VmmApi> {
  const name = uniqueName('vmm');
  const worker = new Worker(new URL('../workers/vmm.worker.ts', import.meta.url), {
    type: 'module',
    name,
  });
  return connectMachine(browserLink(worker, name, "The virtual machine's worker"));
}

/** The worker of a pod's virtual machine, started. */
export function connectMachine(link: WorkerLink): WorkerConnection<VmmApi> {
  return connectWorker<VmmApi>(link, {
    greet: (api) => api.ready(),
    left: 'The virtual machine has been left.',
  });
}

/** The node's worker, started: its status besides, and an end to every wait if it dies. */
export function connect<A extends NodeApi = NodeApi>(link: WorkerLink): NodeConnection<A> {
  const status = new Emitter<NodeStatus>();
  const worker = connectWorker<A>(link, {
    greet: (api) => api.watchStatus((next) => status.emit(next)),
    left: 'The machine has been left.',
  });
  void worker.death.then(({ code, message }) => {
    status.emit({ kind: 'failed', during: 'running', failure: { code, message }, console: '' });
  });
  return {
    ...worker,
    status,
    dispose: () => {
      status.clear();
      worker.dispose();
    },
  };
}
