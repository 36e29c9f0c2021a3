import type { TraceRecord } from '#base/trace-records.ts';
import type { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import { clusterInProcess } from '#host/cluster-in-process.ts';
import { resources } from '#kube/resources.ts';
import { type Benchmark, type Measurement, median } from './benchmark.ts';
import { idlePod, nodeReady, podReaches } from './pods.ts';

/** Pods of which each is measured after the one before has gone. */
const pods = { warmUp: 2, measured: 10 };

/** Rows measured on a cluster in this process, under Node.js. */
export function clusterBenchmarks(): Benchmark[] {
  return [
    {
      name: 'apply-to-cri',
      what: "a pod's write committed to the first CRI call for it (Node)",
      unit: 'ms',
      target: 50,
      better: 'lower',
      measure: applyToCri,
    },
  ];
}

/** Both ends are records of the trace, which the same thread is told of as they happen. */
async function applyToCri(): Promise<Measurement> {
  const { node, cluster } = clusterInProcess();
  try {
    await node.start('snapshot');
    const kubernetes = await cluster.kubernetesToCome();
    await nodeReady(kubernetes);
    const samples: number[] = [];
    for (let i = 0; i < pods.warmUp + pods.measured; i++) {
      const { written, called } = await timesOfPod(kubernetes, `pod-${i}`);
      if (i >= pods.warmUp) samples.push(called - written);
    }
    return { value: median(samples), samples: samples.length };
  } finally {
    node.stop();
  }
}

interface PodTimes {
  written: number;
  called: number;
}

async function timesOfPod(kubernetes: Kubernetes, name: string): Promise<PodTimes> {
  const api = kubernetes.clientFor('benchmark');
  const key = { namespace: 'default', name };
  const written = timeOf(
    kubernetes,
    (record) => record.kind === 'api-write' && record.verb === 'create' && record.name === name,
  );
  const called = timeOf(
    kubernetes,
    (record) => record.kind === 'cri-call' && record.pod?.name === name,
  );
  await api.create(resources.pods, idlePod(name));
  await podReaches(kubernetes, name, (pod) => pod?.status?.phase === 'Running');
  await api.delete(resources.pods, key);
  await podReaches(kubernetes, name, (pod) => pod === undefined);
  return { written: await written, called: await called };
}

/** When the first record of a kind comes. */
function timeOf({ trace }: Kubernetes, isMeant: (record: TraceRecord) => boolean): Promise<number> {
  return new Promise((resolve) => {
    const stop = trace.listen((record) => {
      if (!isMeant(record)) return;
      stop();
      resolve(performance.now());
    });
  });
}
