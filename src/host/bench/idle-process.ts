/**
 * idle-process.ts node|twenty-pods|stock-v86: starts one of these and does nothing; prints the share of a core that
 * this process used meanwhile, in percent. A process of its own, so that nothing else is counted.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { resources } from '#kube/resources.ts';
import { clusterInProcess } from '#host/cluster-in-process.ts';
import '#host/listener-limit.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import { idlePod, nodeReady, podReaches } from './pods.ts';
import { bootStock, stockImages } from './stock-v86.ts';

interface Idleness {
  start: () => Promise<unknown>;
  /** Milliseconds to come to rest: compiled code, RCU and timers of the boot. */
  settling: number;
  /** Milliseconds of watching. */
  watching: number;
}

const subjects = {
  'stock-v86': { start: startStock, settling: 3000, watching: 10_000 },
  node: { start: () => nodeInProcess().start('snapshot'), settling: 3000, watching: 10_000 },
  // Three heartbeats of the node's Lease.
  'twenty-pods': { start: startPods, settling: 10_000, watching: 30_000 },
} satisfies Record<string, Idleness>;

export type IdleSubject = keyof typeof subjects;

async function startStock(): Promise<void> {
  await bootStock(await stockImages());
}

async function startPods(): Promise<void> {
  const { node, cluster } = clusterInProcess();
  await node.start('snapshot');
  const kubernetes = await cluster.kubernetesToCome();
  await nodeReady(kubernetes);
  const api = kubernetes.clientFor('benchmark');
  const names = Array.from({ length: 20 }, (_, index) => `pod-${index}`);
  await Promise.all(
    names.map(async (name) => {
      await api.create(resources.pods, idlePod(name));
      await podReaches(kubernetes, name, (pod) => pod?.status?.phase === 'Running');
    }),
  );
}

const { start, settling, watching }: Idleness = subjects[process.argv[2] as IdleSubject];
await start();
await wait(settling);
const before = process.cpuUsage();
const begin = performance.now();
await wait(watching);
const { user, system } = process.cpuUsage(before);
const share = (user + system) / 1000 / (performance.now() - begin);
process.stdout.write(String(share * 100));
process.exit(0);
