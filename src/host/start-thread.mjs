// A worker thread does not take up its parent's TypeScript loader: this registers one of its own,
// then runs the script that `workerData.script` names.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.script);
