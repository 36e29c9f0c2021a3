/**
 * idle-process.ts ours|stock: boots one machine and does nothing; prints the share of a core that
 * this process used meanwhile, in percent. A process of its own, so that nothing else is counted.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { nodeInProcess } from '#host/node-in-process.ts';
import { bootStock, stockImages } from './stock-v86.ts';

/** Milliseconds for the machine to come to rest: compiled code, RCU and timers of the boot. */
const settling = 3000;
/** Milliseconds of watching. */
const watching = 10_000;

if (process.argv[2] === 'stock') await bootStock(await stockImages());
else await nodeInProcess().start('snapshot');

await wait(settling);
const before = process.cpuUsage();
const begin = performance.now();
await wait(watching);
const { user, system } = process.cpuUsage(before);
const share = (user + system) / 1000 / (performance.now() - begin);
process.stdout.write(String(share * 100));
process.exit(0);
