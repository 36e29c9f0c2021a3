import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Inventory } from './inventory.ts';
import { resources } from '#kube/resources.ts';
import { container, containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
const name = 'victim';
/** File systems of their own for what is to be full, so that the machine's memory is not. */
const disks = {
  '/var/lib/sandglass': '12m',
  '/var/lib/kubelet': '1m',
  '/var/log': '1m',
  '/run/sandglass': '2m',
};
type Disk = keyof typeof disks;

beforeAll(async () => {
  const mount = Object.entries(disks).map(
    ([path, size]) => `mkdir -p ${path}; mount -t tmpfs -o size=${size} disk ${path}`,
  );
  cluster = await TestCluster.start(mount.join('\n'));
  clean = await cluster.afterFirstPod();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  for (const disk of Object.keys(disks)) await empty(disk as Disk);
  if (await cluster.pod(name)) await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

/** To the last byte. */
const fill = (disk: Disk) =>
  cluster.shell(`dd if=/dev/zero of=${disk}/ballast bs=4k 2> /dev/null || true`);
const empty = (disk: Disk) => cluster.shell(`rm -f ${disk}/ballast`);

describe('disk full', () => {
  it('of images: ErrImagePull, ImagePullBackOff, and the pull succeeds when there is room', async () => {
    const image = 'docker.io/sandglass/http-server:1';
    await fill('/var/lib/sandglass');
    await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
    expect(await cluster.pullFailure(name, image)).toMatch(
      /^rpc error: code = .* desc = failed to pull and unpack image "docker.io\/sandglass\/http-server:1": .*[Nn]o space left on device/,
    );
    await empty('/var/lib/sandglass');
    cluster.skip(15_000);
    await cluster.ready(name);
    await cluster.deletePod(name);
    await cluster.kubernetes.criClients.image.removeImage({ image: { image } });
  });

  it('of records: no sandbox, what runs can be deleted, and pods run when there is room', async () => {
    await cluster.createPod('other');
    await cluster.ready('other');
    await fill('/run/sandglass');
    await cluster.createPod(name);
    expect(await cluster.event(name, 'FailedCreatePodSandBox')).toMatch(
      /[Nn]o space left on device/,
    );
    await cluster.deletePod('other');
    await empty('/run/sandglass');
    cluster.skip(15_000);
    await cluster.ready(name);
  });

  it('of records, when a container ends: how it ended is known all the same, even to a new kubelet', async () => {
    await cluster.createPod(name, {
      restartPolicy: 'Never',
      containers: [container('main', 'until [ -e /tmp/go ]; do sleep 0.1; done; exit 7')],
    });
    const { containerStatuses } = (await cluster.ready(name)).status ?? {};
    const restartCount = containerStatuses?.[0]?.restartCount;
    const pid = await cluster.pidOf(name, 'main');
    await fill('/run/sandglass');
    await cluster.shell(
      `touch /proc/${pid}/root/tmp/go; while [ -d /proc/${pid} ]; do sleep 0.1; done`,
    );
    await cluster.crash();
    const pod = await cluster.podWhen(name, 'Failed', ({ status }) => status?.phase === 'Failed');
    expect(containerStatusOf(pod, 'main')).toMatchObject({
      restartCount,
      state: { terminated: { exitCode: 7, reason: 'Error' } },
    });
  });

  it('of logs: the container runs on, and logs again when there is room', async () => {
    const script =
      'trap "exit 0" TERM; echo begin; until [ -e /tmp/go ]; do echo lost; : > /tmp/said; sleep 0.1; done; echo end; sleep 3600 & wait';
    await cluster.createPod(name, { containers: [container('main', script)] });
    await cluster.ready(name);
    const pid = await cluster.pidOf(name, 'main');
    await fill('/var/log');
    const said = `/proc/${pid}/root/tmp/said`;
    await cluster.shell(`rm -f ${said}; until [ -e ${said} ]; do sleep 0.1; done`);
    await empty('/var/log');
    await cluster.shell(
      `touch /proc/${pid}/root/tmp/go; until grep -q 'F end' /var/log/pods/*_${name}_*/main/0.log; do sleep 0.1; done`,
    );
    const log = await cluster.shell(`cat /var/log/pods/*_${name}_*/main/0.log`);
    for (const line of log.trimEnd().split('\n')) {
      expect(line).toMatch(/^\d{4}-[-0-9T:.]+Z stdout F (begin|lost|end)$/);
    }
    const pod = await cluster.pod(name);
    expect(pod && isReady(pod)).toBe(true);
  });

  it('of volumes: FailedMount, and the pod runs when there is room', async () => {
    await cluster.client.create(resources.configMaps, {
      metadata: { name: 'large', namespace: 'default' },
      data: { text: 'x'.repeat(100_000) },
    });
    await fill('/var/lib/kubelet');
    await cluster.createPod(name, {
      volumes: [{ name: 'large', configMap: { name: 'large' } }],
      containers: [
        { ...container('main'), volumeMounts: [{ name: 'large', mountPath: '/large' }] },
      ],
    });
    expect(await cluster.event(name, 'FailedMount')).toMatch(
      /^MountVolume.SetUp failed for volume "large" : .*[Nn]o space left on device/,
    );
    await empty('/var/lib/kubelet');
    cluster.skip(5_000);
    await cluster.ready(name);
  });
});
