import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Inventory } from './inventory.ts';
import { container, containerIdOf, containerStatusOf, isReady } from './pods.ts';
import { diesOnce, standInFor } from './stand-ins.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
const name = 'victim';

beforeAll(async () => {
  cluster = await TestCluster.start();
  clean = await cluster.afterFirstPod({
    containers: [{ ...container('main'), ports: [mapped] }],
  });
});
afterAll(() => cluster.stop());
afterEach(async () => {
  if (await cluster.pod(name)) await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

/** So that portmap has something to do. */
const mapped = { containerPort: 80, hostPort: 8081 };

const kill = (pid: number) => cluster.shell(`kill -9 ${pid}`);

describe('kill -9 of pause', () => {
  it('the kubelet makes the sandbox anew, with its containers', async () => {
    await cluster.createPod(name, { containers: [container('main'), container('second')] });
    await cluster.ready(name);
    const { id, pid } = await cluster.sandboxOf(name);
    await kill(pid);
    expect(await cluster.event(name, 'SandboxChanged')).toBe(
      'Pod sandbox changed, it will be killed and re-created.',
    );
    const pod = await cluster.podWhen(
      name,
      'restarted',
      (pod) => isReady(pod) && containerStatusOf(pod, 'second')?.restartCount === 1,
    );
    expect(containerStatusOf(pod, 'main')?.restartCount).toBe(1);
    expect((await cluster.sandboxOf(name)).id).not.toBe(id);
  });

  it.each([
    ['OnFailure', 'Running'],
    ['Never', 'Succeeded'],
  ])('under restartPolicy %s the pod is %s then', async (restartPolicy, phase) => {
    await cluster.createPod(name, { restartPolicy });
    await cluster.ready(name);
    const { id, pid } = await cluster.sandboxOf(name);
    await kill(pid);
    const changed = (restarts: number | undefined) =>
      restartPolicy === 'Never' ? restarts === 0 : restarts === 1;
    await cluster.podWhen(
      name,
      phase,
      (pod) => pod.status?.phase === phase && changed(containerStatusOf(pod, 'main')?.restartCount),
    );
    if (phase === 'Running') {
      await cluster.ready(name);
      expect((await cluster.sandboxOf(name)).id).not.toBe(id);
    } else {
      await expect(cluster.sandboxOf(name)).rejects.toThrow('no sandbox that is ready');
    }
  });
});

describe("kill -9 of a container's first process", () => {
  it.each([
    ['Always', 'Running', 1],
    ['OnFailure', 'Running', 1],
    ['Never', 'Failed', 0],
  ])('under restartPolicy %s the pod is %s', async (restartPolicy, phase, restarts) => {
    await cluster.createPod(name, { restartPolicy });
    await cluster.ready(name);
    const { id } = await cluster.sandboxOf(name);
    await kill(await cluster.pidOf(name, 'main'));
    const pod = await cluster.podWhen(name, phase, ({ status }) => {
      const main = status?.containerStatuses?.[0];
      const ended = restarts > 0 ? main?.lastState?.terminated : main?.state?.terminated;
      return status?.phase === phase && main?.restartCount === restarts && ended !== undefined;
    });
    const main = containerStatusOf(pod, 'main');
    expect(main?.lastState?.terminated ?? main?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
    });
    if (restarts > 0) expect((await cluster.sandboxOf(name)).id).toBe(id);
  });
});

describe('kill -9 of a shim', () => {
  const ofShim = (id: string) => `$(pgrep -f "[s]andglass-shim create --id ${id}")`;
  const killShim = (id: string) => cluster.shell(`kill -9 ${ofShim(id)}`);

  it('of a container: it ends with 137, and is restarted', async () => {
    await cluster.createPod(name);
    const pod = await cluster.ready(name);
    const pid = await cluster.pidOf(name, 'main');
    await killShim(containerIdOf(pod, 'main'));
    const after = await cluster.podWhen(
      name,
      'restarted',
      (pod) => isReady(pod) && containerStatusOf(pod, 'main')?.restartCount === 1,
    );
    expect(containerStatusOf(after, 'main')?.lastState?.terminated?.exitCode).toBe(137);
    expect(await cluster.shell(`[ -d /proc/${pid} ] || echo gone`)).toBe('gone\n');
  });

  it('of pause: the sandbox is made anew', async () => {
    await cluster.createPod(name);
    await cluster.ready(name);
    const { id } = await cluster.sandboxOf(name);
    await killShim(id);
    await cluster.event(name, 'SandboxChanged');
    await cluster.podWhen(
      name,
      'restarted',
      (pod) => isReady(pod) && containerStatusOf(pod, 'main')?.restartCount === 1,
    );
    expect((await cluster.sandboxOf(name)).id).not.toBe(id);
  });

  it('of both while kubelet and CRI service are away', async () => {
    await cluster.createPod(name);
    const pod = await cluster.ready(name);
    const { id } = await cluster.sandboxOf(name);
    await cluster.loseAgent(`kill -9 ${ofShim(id)} ${ofShim(containerIdOf(pod, 'main'))}`);
    await cluster.podWhen(
      name,
      'restarted',
      (pod) => isReady(pod) && (containerStatusOf(pod, 'main')?.restartCount ?? 0) > 0,
    );
  });
});

/** True in a stand-in for crun that is asked for this of a container, not of a sandbox. */
const crunAsked = (command: string) => `[[ " $* " = *" ${command} "* ]]`;

/** Lets the container come to be as far as its state's directory, and kills crun with what it has made. */
const halfCreated = `"$real" "$@" & until [ -d /run/crun/\${!#} ]; do :; done; kill -9 $!`;

describe('kill -9 of crun', () => {
  it('in mid-create of a sandbox: FailedCreatePodSandBox, then it runs', async () => {
    const script = diesOnce(crunAsked('create'), halfCreated);
    await standInFor(cluster, '/usr/bin/crun', script, async () => {
      await cluster.createPod(name);
      expect(await cluster.event(name, 'FailedCreatePodSandBox')).toMatch(
        /^Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox "[0-9a-f]{64}": /,
      );
      cluster.skip(15_000);
      await cluster.ready(name);
    });
  });

  it.each([
    [
      'create',
      /^Error: failed to create containerd task: failed to create shim task: OCI runtime /,
    ],
    ['start', /^Error: failed to start containerd task "[0-9a-f]{64}": /],
  ])('in mid-%s of a container: Failed, then it runs', async (command, complaint) => {
    // Pause's own comes first.
    const script = diesOnce(
      `${crunAsked(command)} && [ "$(ls /run/sandglass/tasks | wc -l)" -gt 1 ]`,
      command === 'create' ? halfCreated : ':',
    );
    await standInFor(cluster, '/usr/bin/crun', script, async () => {
      await cluster.createPod(name);
      expect(await cluster.event(name, 'Failed')).toMatch(complaint);
      cluster.skip(15_000);
      const pod = await cluster.ready(name);
      expect(containerStatusOf(pod, 'main')?.lastState?.terminated).toMatchObject({
        exitCode: 128,
        reason: 'StartError',
      });
    });
  });

  it('while it deletes a container: the pod is deleted all the same', async () => {
    await cluster.createPod(name);
    await cluster.ready(name);
    await standInFor(cluster, '/usr/bin/crun', diesOnce(crunAsked('delete'), ':'), async () => {
      await cluster.deletePod(name);
      await cluster.shell('[ -e /run/stand-ins/died ]');
    });
  });

  it('a loss of kubelet and CRI service in mid-create of a container leaves it to nobody', async () => {
    const slow = `if ${crunAsked('create')} && [ "$(ls /run/sandglass/tasks | wc -l)" -gt 1 ]; then
        touch /run/stand-ins/creating; sleep 3
      fi
      exec $real "$@"`;
    await standInFor(cluster, '/usr/bin/crun', slow, async () => {
      await cluster.createPod(name);
      await cluster.shell('until [ -e /run/stand-ins/creating ]; do sleep 0.1; done');
      await cluster.crash();
      await cluster.ready(name);
    });
  });
});

describe('kill -9 of a CNI plugin', () => {
  const bridge = '/opt/cni/bin/bridge';
  const hostLocal = '/opt/cni/bin/host-local';

  it('in mid-ADD, with an address taken: the address is given back, and the pod runs', async () => {
    const script = diesOnce('[ $CNI_COMMAND = ADD ]', '"$real" > /dev/null; kill -9 $PPID');
    await standInFor(cluster, hostLocal, script, async () => {
      await cluster.createPod(name);
      expect(await cluster.event(name, 'FailedCreatePodSandBox')).toMatch(
        / failed to setup network for sandbox "[0-9a-f]{64}": plugin type="bridge" failed \(add\): netplugin failed with no error message: signal: killed$/,
      );
      expect(
        await cluster.shell('ls /var/lib/cni/networks/sandglass | grep -c "^10" || true'),
      ).toBe('0\n');
      cluster.skip(15_000);
      await cluster.ready(name);
    });
  });

  it('in mid-DEL: the pod ends, and its address is given back', async () => {
    await cluster.createPod(name, { containers: [{ ...container('main'), ports: [mapped] }] });
    await cluster.ready(name);
    await standInFor(cluster, bridge, diesOnce('[ $CNI_COMMAND = DEL ]', ':'), async () => {
      const gone = cluster.deletePod(name);
      await cluster.event(name, 'FailedKillPod');
      cluster.skip(15_000);
      await gone;
    });
  });

  it('portmap in mid-ADD: what bridge has done is undone', async () => {
    const script = diesOnce('[ $CNI_COMMAND = ADD ]', ':');
    await standInFor(cluster, '/opt/cni/bin/portmap', script, async () => {
      await cluster.createPod(name, { containers: [{ ...container('main'), ports: [mapped] }] });
      await cluster.event(name, 'FailedCreatePodSandBox');
      cluster.skip(15_000);
      await cluster.ready(name);
    });
  });
});

describe('kill -9 of a command of the node', () => {
  it('kubectl get -w: its watch ends', async () => {
    // Without a pod there is nothing to print.
    await cluster.createPod(name);
    await cluster.shell(
      'kubectl get pods -w > /tmp/watch & until [ -s /tmp/watch ]; do sleep 0.1; done; kill -9 $!; rm /tmp/watch',
    );
  });

  it('kubectl exec: what it ran in the container lives on, as upstream has it, and ends with the pod', async () => {
    await cluster.createPod(name);
    await cluster.ready(name);
    await cluster.shell(
      `kubectl exec ${name} -- sh -c 'echo here; exec sleep 7777' > /tmp/exec & until [ -s /tmp/exec ]; do sleep 0.1; done; kill -9 $!; rm /tmp/exec`,
    );
    const left = () =>
      cluster.kubernetes.trace
        .history()
        .some((record) => record.kind === 'stream' && record.event === 'close');
    await until('the end of the stream', left);
    expect(await cluster.shell('pgrep -fxc "sleep 7777" || true')).toBe('1\n');
  });
});

describe('kill -9 of the agent', () => {
  it('pods run on, and a new kubelet takes them up', async () => {
    await cluster.createPod(name, { containers: [container('main')] });
    await cluster.ready(name);
    const { id } = await cluster.sandboxOf(name);
    const pid = await cluster.pidOf(name, 'main');
    await cluster.loseAgent();
    const pod = await cluster.ready(name);
    expect(containerStatusOf(pod, 'main')?.restartCount).toBe(0);
    expect((await cluster.sandboxOf(name)).id).toBe(id);
    expect(await cluster.pidOf(name, 'main')).toBe(pid);
    await cluster.shell(`[ -d /proc/${pid} ]`);
  });
});
