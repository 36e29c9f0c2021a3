import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Inventory } from './inventory.ts';
import { standInFor } from './stand-ins.ts';
import { TestCluster } from './test-cluster.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
const name = 'victim';
const bridge = '/opt/cni/bin/bridge';
const addresses = '/var/lib/cni/networks/sandglass';

beforeAll(async () => {
  cluster = await TestCluster.start();
  clean = await cluster.afterFirstPod();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  if (await cluster.pod(name)) await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

/** What the kubelet's event says after the sandbox's id, which is another each time. */
async function failure(): Promise<string> {
  const message = await cluster.event(name, 'FailedCreatePodSandBox');
  const [, why] = /^Failed to create pod sandbox: (.*)$/.exec(message) ?? [];
  return why?.replace(/[0-9a-f]{64}/, 'ID') ?? message;
}

const setupFailed = 'rpc error: code = Unknown desc = failed to setup network for sandbox "ID": ';

/** The pod stays Pending, is tried again after its back-off, and runs once nothing keeps it from that. */
async function recovers(repair: () => Promise<unknown>): Promise<void> {
  expect((await cluster.pod(name))?.status?.phase).toBe('Pending');
  cluster.skip(15_000);
  await cluster.eventsCome(name, 'FailedCreatePodSandBox', 2);
  await repair();
  cluster.skip(15_000);
  await cluster.ready(name);
}

describe('CNI', () => {
  it('a plugin that fails: its words, nothing kept, and the pod runs when it works again', async () => {
    const said = '{"cniVersion":"1.0.0","code":100,"msg":"the bridge is up","details":"a ship"}';
    const script = `[ -e /run/stand-ins/works ] && exec $real "$@"; echo '${said}'; exit 1`;
    await standInFor(cluster, bridge, script, async () => {
      await cluster.createPod(name);
      expect(await failure()).toBe(
        `${setupFailed}plugin type="bridge" failed (add): the bridge is up; a ship`,
      );
      await recovers(() => cluster.shell('touch /run/stand-ins/works'));
    });
  });

  it('a plugin that fails when it has taken an address, and when it is to give it back', async () => {
    const script = `[ -e /run/stand-ins/works ] && exec $real "$@"
      [ $CNI_COMMAND = ADD ] && "$real" "$@" > /dev/null
      exit 1`;
    await standInFor(cluster, '/opt/cni/bin/host-local', script, async () => {
      await cluster.createPod(name);
      await failure();
      await recovers(() => cluster.shell('touch /run/stand-ins/works'));
    });
  });

  it('a missing plugin', async () => {
    await cluster.shell(`mv ${bridge} ${bridge}.away`);
    try {
      await cluster.createPod(name);
      expect(await failure()).toBe(
        `${setupFailed}plugin type="bridge" failed (add): failed to find plugin "bridge" in path [/opt/cni/bin]`,
      );
      await recovers(() => cluster.shell(`mv ${bridge}.away ${bridge}`));
    } finally {
      await cluster.shell(`[ -e ${bridge} ] || mv ${bridge}.away ${bridge}`);
    }
  });

  it('no address left: the range is told, and one that is given back is taken', async () => {
    await cluster.shell(
      `for i in $(seq 2 254); do [ -e ${addresses}/10.244.0.$i ] || printf 'other\\neth0' > ${addresses}/10.244.0.$i; done`,
    );
    try {
      await cluster.createPod(name);
      expect(await failure()).toBe(
        `${setupFailed}plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.254`,
      );
      await recovers(() => cluster.shell(`rm ${addresses}/10.244.0.77`));
      expect((await cluster.pod(name))?.status?.podIP).toBe('10.244.0.77');
    } finally {
      await cluster.shell(`grep -l ^other ${addresses}/10.* | xargs rm`);
    }
  });

  it('a plugin that fails to give back: the pod stays until it can', async () => {
    await cluster.createPod(name);
    await cluster.ready(name);
    const script = `[ -e /run/stand-ins/works ] && exec $real "$@"
      echo '{"code":100,"msg":"not now"}'; exit 1`;
    await standInFor(cluster, bridge, script, async () => {
      const gone = cluster.deletePod(name);
      expect((await cluster.event(name, 'FailedKillPod')).replace(/[0-9a-f]{64}/, 'ID')).toBe(
        'error killing pod: failed to "KillPodSandbox" for "victim_default" with KillPodSandboxError: ' +
          '"rpc error: code = Unknown desc = failed to destroy network for sandbox \\"ID\\": ' +
          'plugin type=\\"bridge\\" failed (delete): not now"',
      );
      await cluster.shell('touch /run/stand-ins/works');
      cluster.skip(15_000);
      await gone;
    });
  });
});
