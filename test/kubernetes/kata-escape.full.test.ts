import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PodSpec } from '#kube/types.ts';
import { courseDirectory } from '#site/locales.ts';
import { TestCluster } from './test-cluster.ts';

/** What the lesson has its reader run. */
const lesson = path.join(courseDirectory, 'en/04-virtual-machines-as-pods/04-the-escape');
const script = '/root/escape.sh';
const patternFile = '/proc/sys/kernel/core_pattern';
/** Of the pod that nobody attacks: whoever sees it is on the node. */
const neighbour = 'sleep 4242';

let cluster: TestCluster;
let pattern: string;
let hostname: string;

beforeAll(async () => {
  cluster = await TestCluster.start();
  const text = await readFile(path.join(lesson, 'files/escape.sh'), 'utf8');
  await cluster.node.running.agent.files.write(script, text);
  pattern = await cluster.shell(`cat ${patternFile}`);
  hostname = await cluster.shell('hostname');
  await runPod('neighbour', neighbour, { privileged: false });
});

afterAll(() => {
  cluster.stop();
});

async function runPod(
  name: string,
  command: string,
  { privileged, ...spec }: { privileged: boolean } & Partial<PodSpec>,
): Promise<void> {
  const image = 'busybox:1.36';
  const securityContext = { privileged };
  await cluster.createPod(name, {
    containers: [{ name: 'main', image, command: command.split(' '), securityContext }],
    terminationGracePeriodSeconds: 1,
    ...spec,
  });
  await cluster.ready(name);
}

/** What the program that the kernel started has written down. */
async function lootOf(pod: string): Promise<string> {
  await cluster.shell(`kubectl exec -i ${pod} -- sh -s < ${script}`);
  return cluster.shell(`kubectl exec ${pod} -- cat /loot`);
}

it.for(['crun', 'runc'])(
  'takes over the node from a privileged container by %s',
  async (handler) => {
    await cluster.shell(
      `kubectl create -f - <<'Y'\n${JSON.stringify({
        apiVersion: 'node.k8s.io/v1',
        kind: 'RuntimeClass',
        metadata: { name: handler },
        handler,
      })}\nY`,
    );
    await runPod(handler, 'sleep 3600', { privileged: true, runtimeClassName: handler });
    const loot = await lootOf(handler);
    expect(loot).toContain(`host name: ${hostname}`);
    expect(loot).toContain('user id: 0\n');
    expect(loot).toContain(neighbour);
    expect(await cluster.shell(`cat ${patternFile}`)).toMatch(/^\|\/.*\/cmd\n$/);

    await cluster.shell(`printf %s '${pattern}' > ${patternFile}`);
    await cluster.deletePod(handler);
  },
);

it.for(['kata-qemu', 'kata-fc', 'kata-template'])(
  'takes over nothing but its own machine from one by %s',
  async (handler) => {
    await runPod(handler, 'sleep 3600', { privileged: true, runtimeClassName: handler });
    const loot = await lootOf(handler);
    expect(loot).toContain('host name: kata\n');
    expect(loot).toContain('user id: 0\n');
    expect(loot).toContain('kata-agent');
    expect(loot).toContain('sleep 3600');
    expect(loot).not.toContain(neighbour);
    expect(loot).not.toContain('sandglass-vmm');
    const inside = await cluster.shell(`kubectl exec ${handler} -- cat ${patternFile}`);
    expect(inside).toMatch(/^\|\/run\/kata-containers\/shared\/.*\/cmd\n$/);
    expect(await cluster.shell(`cat ${patternFile}`)).toBe(pattern);
    await cluster.deletePod(handler);
  },
);

it('gets nowhere from a container that is not privileged', async () => {
  await runPod('tame', 'sleep 3600', { privileged: false });
  const refused = await cluster.shell(
    `kubectl exec -i tame -- sh -s < ${script} && echo wrong; true`,
  );
  expect(refused).toContain('Read-only file system');
  expect(refused).not.toContain('wrong');
  expect(await cluster.shell(`cat ${patternFile}`)).toBe(pattern);
});
