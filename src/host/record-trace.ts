/**
 * record-trace.ts: has a node under Node.js run one pod with two containers and writes what its trace says of it to
 * src/ui/home/recorded-trace.json, from which the home page's figure is drawn. The images are pulled by a pod before.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TraceRecord } from '#base/trace-records.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';
import { nodeReady, podReaches } from './bench/pods.ts';
import { clusterInProcess } from './cluster-in-process.ts';

/** A mark of the figure: a moment, or a span of time. Milliseconds from the pod's write on. */
interface Mark {
  lane: 'api' | 'scheduler' | 'kubelet' | 'shim' | 'runtime' | 'kernel';
  name: string;
  from: number;
  to?: number;
}

const file = path.resolve(import.meta.dirname, '../ui/home/recorded-trace.json');

function podOf(name: string): Pod {
  const container = (name: string, command: string[]) => ({
    name,
    image: 'busybox:1.36',
    command,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      containers: [
        container('a', ['httpd', '-f', '-p', '8080']),
        container('b', ['sleep', '86400']),
      ],
      terminationGracePeriodSeconds: 0,
    },
  };
}

async function record(): Promise<Mark[]> {
  const { node, cluster } = clusterInProcess();
  try {
    await node.start('snapshot');
    const kubernetes = await cluster.kubernetesToCome();
    await nodeReady(kubernetes);
    const api = kubernetes.clientFor('recorder');
    const runs = (pod: Pod | undefined) => pod?.status?.phase === 'Running';
    for (const name of ['first', 'second']) {
      await api.create(resources.pods, podOf(name));
      await podReaches(kubernetes, name, runs);
      await api.delete(resources.pods, { namespace: 'default', name });
      await podReaches(kubernetes, name, (pod) => pod === undefined);
    }
    const records: TraceRecord[] = [];
    const stop = kubernetes.trace.listen((each) => records.push(each));
    await api.create(resources.pods, podOf('foo'));
    await podReaches(kubernetes, 'foo', runs);
    stop();
    return marksOf(records);
  } finally {
    node.stop();
  }
}

function marksOf(records: readonly TraceRecord[]): Mark[] {
  const begin = records.find((each) => each.kind === 'api-write' && each.name === 'foo')?.time ?? 0;
  const uids = new Set(records.flatMap(({ pod }) => (pod?.name === 'foo' ? [pod.uid] : [])));
  const sandboxes = new Set(
    records.flatMap(({ pod, sandboxId }) =>
      pod && uids.has(pod.uid) && sandboxId ? [sandboxId] : [],
    ),
  );
  const isOfPod = ({ pod, sandboxId }: TraceRecord) =>
    (pod !== undefined && uids.has(pod.uid)) ||
    (sandboxId !== undefined && sandboxes.has(sandboxId));
  const begun = new Map<number, TraceRecord>(records.map((each) => [each.id, each]));
  return records
    .flatMap((each) => (isOfPod(each) || isPodsWrite(each) ? markOf(each, begun) : []))
    .map(({ from, to, ...mark }) => ({
      ...mark,
      from: round(from - begin),
      ...(to === undefined ? {} : { to: round(to - begin) }),
    }))
    .sort((a, b) => a.from - b.from);
}

function isPodsWrite(each: TraceRecord): boolean {
  return (
    (each.kind === 'api-write' && each.resource === 'pods' && each.name === 'foo') ||
    (each.kind === 'sync-loop' && each.pods.some(({ name }) => name === 'foo'))
  );
}

function markOf(each: TraceRecord, all: ReadonlyMap<number, TraceRecord>): Mark[] {
  const { time } = each;
  switch (each.kind) {
    case 'api-write': {
      const what = each.subresource ?? each.resource;
      const name = each.verb === 'binding' ? what : `${each.verb} ${what}`;
      return [{ lane: 'api', name, from: time }];
    }
    case 'schedule':
      return [{ lane: 'scheduler', name: `bind to ${each.node ?? '?'}`, from: time }];
    case 'sync-loop':
      return [{ lane: 'kubelet', name: `SyncLoop ${each.operation}`, from: time }];
    case 'pod-worker':
      if (each.event === 'begin') return [];
      return [{ lane: 'kubelet', name: 'syncPod', from: time - each.milliseconds, to: time }];
    case 'cri-return': {
      const call = each.parent === undefined ? undefined : all.get(each.parent);
      return [
        { lane: 'shim', name: each.method, from: call?.time ?? time - each.milliseconds, to: time },
      ];
    }
    case 'cni':
      return [
        { lane: 'runtime', name: `CNI ${each.command}`, from: time - each.milliseconds, to: time },
      ];
    case 'oci': {
      const verb = each.argv.find((word) => ['create', 'start'].includes(word)) ?? 'crun';
      return [{ lane: 'runtime', name: `crun ${verb}`, from: time - each.milliseconds, to: time }];
    }
    case 'process':
      if (each.event !== 'exec') return [];
      return [
        { lane: 'kernel', name: `${each.name ?? 'exec'} ${each.pid ?? ''}`.trim(), from: time },
      ];
    default:
      return [];
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds);
}

await writeFile(file, `${JSON.stringify(await record(), undefined, 1)}\n`);
console.log(`Written to ${file}.`);
process.exit(0);
