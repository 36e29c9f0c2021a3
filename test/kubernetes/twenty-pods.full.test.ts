import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { clusterInProcess } from '#host/cluster-in-process.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';
import { shell } from '../machine/node.ts';

const names = Array.from({ length: 20 }, (_, index) => `pod-${index}`);
/** Milliseconds for what the kubelet cleans up after the last pod has gone from the API. */
const cleaningUp = 120_000;
/** KiB that the kernel may keep for what it has learnt to need, such as slabs; a pod costs a thousand. */
const memoryMargin = 4096;

let node: LinuxNode;
let kubernetes: Kubernetes;
let api: KubeClient;
beforeAll(async () => {
  const parts = clusterInProcess();
  ({ node } = parts);
  await node.start('snapshot');
  kubernetes = await parts.cluster.kubernetesToCome();
  api = kubernetes.clientFor('test');
});
afterAll(() => node.stop());

function podNamed(name: string): Pod {
  // It ends by itself when it is told to, as pid 1 of its namespace.
  const script = 'trap "exit 0" TERM; echo up; sleep 86400 & wait';
  const container = { name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] };
  return {
    metadata: { name, namespace: 'default' },
    spec: { containers: [container], terminationGracePeriodSeconds: 20 },
  };
}

/** Follows the pods until all are as wanted. */
async function podsReach(isWanted: (pods: readonly Pod[]) => boolean): Promise<readonly Pod[]> {
  const pods = new Map<string, Pod>();
  const watch = api.watch(resources.pods, {
    namespace: 'default',
    sendInitialEvents: true,
    allowWatchBookmarks: true,
    resourceVersionMatch: 'NotOlderThan',
    signal: kubernetes.signal,
  });
  let complete = false;
  for await (const { type, object } of watch) {
    const name = object.metadata?.name ?? '';
    if (type === 'BOOKMARK') complete = true;
    else if (type === 'DELETED') pods.delete(name);
    else pods.set(name, object);
    if (complete && isWanted([...pods.values()])) return [...pods.values()];
  }
  throw new Error('The watch of pods ended.');
}

const allRun = (pods: readonly Pod[]) => pods.every(({ status }) => status?.phase === 'Running');

async function run(these: readonly string[]): Promise<readonly Pod[]> {
  await Promise.all(these.map((name) => api.create(resources.pods, podNamed(name))));
  return podsReach((pods) => pods.length === these.length && allRun(pods));
}

async function remove(): Promise<void> {
  await api.deleteCollection(resources.pods, { namespace: 'default' });
  await podsReach((pods) => pods.length === 0);
}

/** What pods are made of on a node, a list each. */
async function traces(): Promise<Record<string, string>> {
  const commands = {
    processes:
      "ps -eo pid,comm,args | awk '$3 !~ /^\\[/ { print $2 }' | grep -vw -e ps -e awk | sort",
    mounts: "awk '{ print $5, $9 }' /proc/self/mountinfo | sort",
    namespaces: 'ls -A /run/netns; lsns --noheadings --output TYPE | sort | uniq -c',
    cgroups: 'find /sys/fs/cgroup -type d | sort',
    links: 'ip -brief link | cut -d" " -f1 | sort',
    addresses:
      "ls -A /var/lib/cni/networks/sandglass | grep '^[0-9]' || true; ls -A /var/lib/cni/results",
    records: 'find /run/sandglass /run/crun -mindepth 2 | sort',
    files:
      'find /var/lib/kubelet/pods /var/lib/sandglass/containers /var/log/pods /var/log/containers -mindepth 1 | sort',
  };
  const lists: Record<string, string> = {};
  for (const [what, command] of Object.entries(commands)) {
    lists[what] = await shell(node.running, command);
  }
  return lists;
}

/** KiB in use that no cache could give back. */
async function memoryUsed(): Promise<number> {
  const script =
    "sync; echo 3 > /proc/sys/vm/drop_caches; awk '/^MemTotal/ { t = $2 } /^MemFree/ { f = $2 } END { print t - f }' /proc/meminfo";
  return Number(await shell(node.running, script));
}

describe('twenty pods at once', () => {
  it('all run, each started once, and leave nothing when they are deleted', async () => {
    // What the first pod brings for good: the image, the bridge, the cgroups of the kubelet.
    await run(['first']);
    await remove();
    await expect
      .poll(() => shell(node.running, 'ls -A /run/netns'), { timeout: cleaningUp })
      .toBe('');
    const before = await traces();
    const usedBefore = await memoryUsed();

    const pods = await run(names);
    const statuses = pods.map(({ status }) => status?.containerStatuses?.[0]);
    expect(statuses.map((status) => [status?.ready, status?.restartCount])).toEqual(
      names.map(() => [true, 0]),
    );
    expect(new Set(pods.map(({ status }) => status?.podIP)).size).toBe(names.length);
    const during = await traces();
    for (const what of Object.keys(before)) expect(during[what]).not.toBe(before[what]);

    await remove();
    await expect.poll(traces, { timeout: cleaningUp, interval: 2000 }).toEqual(before);
    expect((await memoryUsed()) - usedBefore).toBeLessThan(memoryMargin);
  }, 600_000);
});
