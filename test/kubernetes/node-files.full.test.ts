import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { resources } from '#kube/resources.ts';
import { container, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

/** The files of the node that say what its kubelet does. */
vi.setConfig({ testTimeout: 300_000 });

const configuration = (more = '') => `cat > /var/lib/kubelet/config.yaml <<'END'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cpuManagerPolicy: static
systemReserved: { cpu: 500m }
${more}
END`;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start(`mkdir -p /var/lib/kubelet; ${configuration()}`);
});
afterAll(() => cluster.stop());

it('the static CPU policy writes the CPUs of each container into its cgroup', async () => {
  await cluster.createPod('shared');
  await cluster.ready('shared');
  const pid = await cluster.pidOf('shared', 'main');
  const path = (await cluster.shell(`cat /proc/${pid}/cgroup`)).trim().replace(/^0::/, '');
  expect(path).toMatch(/^\/kubepods\//);
  expect(await cluster.shell(`cat /sys/fs/cgroup${path}/cpuset.cpus`)).toBe('0\n');
  expect(await cluster.shell('cat /var/lib/kubelet/cpu_manager_state')).toContain(
    '"policyName":"static","defaultCpuSet":"0"',
  );
});

it('a manifest in the directory for static pods becomes a mirror pod that runs, and takes it away with it', async () => {
  const name = 'web-node-1';
  await cluster.shell(`cat > /etc/kubernetes/manifests/web.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - { name: main, image: '${container('main').image}', command: [sleep, '86411'] }
END`);
  const mirror = await cluster.podWhen(name, 'ready', isReady);
  expect(mirror.metadata?.annotations).toHaveProperty(['kubernetes.io/config.mirror']);
  expect(await cluster.shell('pgrep -f "sleep 8641[1]"')).toMatch(/^\d+\n$/);
  await cluster.shell('rm /etc/kubernetes/manifests/web.yaml');
  await cluster.gone(name);
  expect(await cluster.shell('pgrep -f "sleep 8641[1]" || echo none')).toBe('none\n');
});

it('a change of the configuration file restarts the kubelet, not its pods; a bad file is told of until it is mended', async () => {
  const pods = async () => {
    const { items } = await cluster.client.list(resources.nodes);
    return items[0]?.status?.capacity?.['pods'];
  };
  await cluster.createPod('lasting');
  const running = await cluster.ready('lasting');
  await cluster.shell(configuration('maxPods: nine'));
  await until('the bad file to be told of', () =>
    cluster.complaints.some(({ message }) => message.includes('maxPods: "nine" is not a whole')),
  );
  expect(await pods()).toBe('110');
  await cluster.shell(configuration('maxPods: 9'));
  await until('the node to say how many pods it takes', async () => (await pods()) === '9');
  const after = await cluster.ready('lasting');
  expect(after.metadata?.uid).toBe(running.metadata?.uid);
  expect(after.status?.containerStatuses).toEqual(running.status?.containerStatuses);
});
