import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { vmmService } from '#cluster/virtual-machines/vmm-service.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import './listener-limit.ts';

if (!parentPort) throw new SandglassError('failed-precondition', 'This runs in a worker thread.');
installErrorTransfer();
expose(vmmService(systemClock, Promise.resolve()), nodeEndpoint(parentPort));
