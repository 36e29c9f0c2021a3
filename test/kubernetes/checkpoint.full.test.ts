import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { readAllText } from '#base/byte-stream.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';
import { nextStatus } from '../machine/node.ts';
import { WorkerCluster } from './worker-cluster.ts';

const hours = 3 * 3600 * 1000;
const later: Clock = { ...systemClock, wallTime: () => Date.now() + hours };

/** Counts in a file, and reads on in a file of the archive, which it has open, when it is told to. */
const counting =
  'exec 3</archive/usr/sbin/runc; head -c 4 <&3 >/tmp/head; i=0; while :; do i=$((i+1)); ' +
  'echo $i >/tmp/next; mv /tmp/next /tmp/count; ' +
  'if [ -e /tmp/read ]; then rm /tmp/read; head -c 4 <&3 | hexdump -C >/tmp/new; mv /tmp/new /tmp/more; fi; ' +
  'sleep 0.1; done';

function pod(name: string, restartPolicy: string, command: string): Pod {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'c',
          image: 'busybox:1.36',
          command: ['sh', '-c', command],
          volumeMounts: [{ name: 'archive', mountPath: '/archive' }],
        },
      ],
      volumes: [{ name: 'archive', hostPath: { path: '/archive' } }],
    },
  };
}

const isRunning = ({ status }: Pod) =>
  status?.containerStatuses?.[0]?.state?.running !== undefined && status.podIP !== undefined;
const isDone = ({ status }: Pod) => status?.phase === 'Succeeded';

/** What a pod must not lose. */
function lasting({ metadata, status }: Pod) {
  const [container] = status?.containerStatuses ?? [];
  return {
    uid: metadata?.uid,
    phase: status?.phase,
    // A kubelet that begins anew tells no address of a sandbox that has ended.
    ip: status?.phase === 'Running' ? status.podIP : undefined,
    container: container?.containerID,
    restarts: container?.restartCount,
    state: container?.state,
  };
}

const who =
  'cat /etc/machine-id /proc/sys/kernel/random/boot_id /sys/class/net/eth0/address; hostname';

const first = new WorkerCluster();
const names = ['always', 'on-failure', 'never'];
let saved: Uint8Array;
let before: { pods: ReturnType<typeof lasting>[]; revision: number; who: string; count: number };

const podsOf = async (cluster: WorkerCluster) => {
  const client = await cluster.client();
  return Promise.all(
    names.map(async (name) =>
      lasting(await client.get(resources.pods, { namespace: 'default', name })),
    ),
  );
};

/** As soon as there is an answer: a kubelet that has just begun knows no pod yet, and says so. */
async function count(cluster: WorkerCluster): Promise<number> {
  return Number(
    await cluster.sh('until kubectl exec always -- cat /tmp/count 2>/dev/null; do sleep 0.2; done'),
  );
}

beforeAll(async () => {
  await first.node.start('snapshot');
  const client = await first.client();
  await client.create(resources.pods, pod('always', 'Always', counting));
  await client.create(resources.pods, pod('on-failure', 'OnFailure', 'sleep 100000'));
  await client.create(resources.pods, pod('never', 'Never', 'echo done'));
  await first.pod('always', isRunning);
  await first.pod('on-failure', isRunning);
  await first.pod('never', isDone);
  // A command that follows, in a session of its own, and what it says of its end.
  await first.sh(
    'setsid sh -c "kubectl logs -f on-failure >/dev/null 2>/tmp/cut; echo \\$? >>/tmp/cut" >/dev/null 2>&1 </dev/null &',
  );
  before = {
    pods: await podsOf(first),
    who: await first.sh(who),
    revision: (await first.cluster.kubernetesToCome()).api.store.revision,
    count: await count(first),
  };
  saved = await first.save();
});
const second = new WorkerCluster(later);
afterAll(() => {
  first.node.stop();
  second.node.stop();
});

describe('a saved cluster', () => {
  it('has run on while it was saved', async () => {
    expect(await podsOf(first)).toEqual(before.pods);
    expect(await count(first)).toBeGreaterThan(before.count);
    first.node.stop();
  });

  it('goes on hours later, its pods as they were', async () => {
    const summary = await second.open(saved);
    expect(summary).toMatchObject({ pods: 3, memoryBytes: 256 << 20 });
    expect(second.node.status).toEqual({ kind: 'running', source: 'checkpoint' });
    // The kubelet has been through its first rounds when it has told of the node.
    const client = await second.client();
    const { revision } = (await second.cluster.kubernetesToCome()).api.store;
    const over = new AbortController();
    for await (const { object } of client.watch(resources.nodes, { signal: over.signal })) {
      if (Number(object.metadata?.resourceVersion) <= revision) continue;
      if (object.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')) {
        over.abort();
        break;
      }
    }
    const now = await count(second);
    expect(now).toBeGreaterThanOrEqual(before.count);
    expect(await podsOf(second)).toEqual(before.pods);
    expect(await count(second)).toBeGreaterThan(now);
    expect(await second.sh(who)).toBe(before.who);
    const { items } = await client.list(resources.events);
    expect(items.filter(({ reason }) => reason === 'Rebooted')).toEqual([]);
  });

  it('has the right time, and ages that count it', async () => {
    const guest = Number(await second.sh('date +%s'));
    expect(Math.abs(guest - later.wallTime() / 1000)).toBeLessThan(60);
    expect(await second.sh('kubectl get pod always --no-headers')).toMatch(/Running +0 +3h/);
  });

  it('reads on in a file of the archive that was open', async () => {
    await second.sh('kubectl exec always -- touch /tmp/read');
    await expect
      .poll(() => second.sh('kubectl exec always -- cat /tmp/more 2>/dev/null || true'), {
        timeout: 60_000,
      })
      // The fifth byte of an ELF file: 32 bits, little-endian, version 1.
      .toMatch(/^00000000 {2}01 01 01/);
  });

  it('has versions that go on, and tells watchers of before to begin anew', async () => {
    const { api } = await second.cluster.kubernetesToCome();
    expect(api.store.revision).toBeGreaterThan(before.revision);
    const answer = await api.fetch(
      new Request(`http://api/api/v1/pods?watch=1&resourceVersion=${before.revision + 5}`),
    );
    expect(await answer.text()).toContain('"code":410');
  });

  it('tells a command that ran at the time why it ends', async () => {
    await expect
      .poll(() => second.sh('cat /tmp/cut'), { timeout: 60_000 })
      .toMatch(/kubectl: .+\n[1-9]\d*\n$/);
  });

  it('that is damaged is refused, and what runs goes on', async () => {
    const { agent } = second.node.running;
    const damaged = saved.slice();
    damaged[saved.length >> 1] = (damaged[saved.length >> 1] ?? 0) ^ 1;
    await expect(second.open(damaged)).rejects.toMatchObject({ code: 'data-loss' });
    expect(second.node.running.agent).toBe(agent);
    expect(second.node.status.kind).toBe('running');
    expect(await podsOf(second)).toEqual(before.pods);
  });

  it('takes the place of one that runs, whose streams end with words', async () => {
    const random = await second.sh('head -c 16 /dev/urandom | hexdump -C');
    const counted = await count(second);
    const { agent } = second.node.running;
    const following = await agent.spawn({ argv: ['kubectl', 'logs', '-f', 'on-failure'] });
    const cut = expect(readAllText(following.stdout)).rejects.toThrow(
      'A saved cluster was opened in its place.',
    );
    await second.open(saved);
    await cut;
    expect(await podsOf(second)).toEqual(before.pods);
    expect(await count(second)).toBeLessThan(counted);
    expect(await second.sh('head -c 16 /dev/urandom | hexdump -C')).not.toBe(random);
  });

  it('outlives its agent', async () => {
    const revision = (await second.cluster.kubernetesToCome()).api.store.revision;
    const again = nextStatus(second.node, 'running');
    await second.sh(`kill -9 ${second.node.running.agent.pid}`).catch(() => undefined);
    await again;
    expect(await podsOf(second)).toEqual(before.pods);
    expect((await second.cluster.kubernetesToCome()).api.store.revision).toBeGreaterThanOrEqual(
      revision,
    );
    expect(await count(second)).toBeGreaterThan(before.count);
  });

  it('is not what a start from the snapshot begins with', async () => {
    await second.node.start('snapshot');
    const { items } = await (await second.client()).list(resources.pods);
    expect(items).toEqual([]);
  });
});
