import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Code, ConnectError } from '@connectrpc/connect';
import { resources } from '#kube/resources.ts';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
});

const image = 'busybox:1.36';

describe('deleting', () => {
  it('gives the grace that the deletion allows, and less when asked again', async () => {
    let release = (): void => undefined;
    rig.cri.hold = (method, about) =>
      method === 'StopContainer' && about === 'main 30'
        ? new Promise((resolve) => (release = resolve))
        : undefined;
    rig.createPod();
    await rig.advance(2_000);
    rig.deletePod('web', 30);
    await rig.advance(1_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 30']);
    rig.deletePod('web', 5);
    await rig.advance(3_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 30', 'main 5']);
    release();
    await rig.advance(3_000);
    expect(rig.pod()).toBeUndefined();
  });

  it('runs preStop first, within the grace', async () => {
    const preStop = { exec: { command: ['drain'] } };
    rig.createPod({ containers: [{ name: 'main', image, lifecycle: { preStop } }] });
    await rig.advance(2_000);
    rig.deletePod();
    await rig.advance(3_000);
    const order = rig.cri.calls.filter((call) => /^(ExecSync|StopContainer)/.test(call));
    expect(order).toEqual(['ExecSync drain', 'StopContainer main 30']);
  });

  it('does not wait for a preStop beyond the grace', async () => {
    rig.createPod({
      containers: [{ name: 'main', image, lifecycle: { preStop: { sleep: { seconds: 60 } } } }],
    });
    await rig.advance(2_000);
    rig.deletePod('web', 10);
    await rig.advance(9_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual([]);
    await rig.advance(3_000);
    expect(rig.cri.callsOf('StopContainer')).toEqual(['main 2']);
  });

  it('tells of the kill, and how the pod ended before it goes', async () => {
    const phases: unknown[] = [];
    rig.api.refuse = (method, path) => {
      if (method === 'DELETE' && path.endsWith('/pods/web')) phases.push(rig.pod()?.status?.phase);
      return undefined;
    };
    rig.createPod();
    await rig.advance(2_000);
    rig.cri.stopExitCode = 143;
    rig.deletePod();
    await rig.advance(3_000);
    expect(rig.events()).toContain('Normal Killing Stopping container main');
    expect(phases).toEqual(['Failed']);
  });

  it('a pod that never started ends at once', async () => {
    rig.cri.fail = (method) =>
      method === 'RunPodSandbox' ? new ConnectError('no network', Code.Unknown) : undefined;
    rig.createPod();
    await rig.advance(2_000);
    rig.deletePod();
    await rig.advance(3_000);
    expect(rig.pod()).toBeUndefined();
  });

  it('while the sandbox is being made ends what was made', async () => {
    let release = (): void => undefined;
    rig.cri.hold = (method) =>
      method === 'RunPodSandbox' ? new Promise((resolve) => (release = resolve)) : undefined;
    rig.createPod();
    await rig.advance(500);
    rig.deletePod();
    await rig.advance(500);
    release();
    rig.cri.hold = () => undefined;
    await rig.advance(4_000);
    expect(rig.pod()).toBeUndefined();
    await rig.advance(62_000);
    expect(rig.cri.sandboxes.size).toBe(0);
  });

  it('is tried again when the runtime fails', async () => {
    let failures = 1;
    rig.cri.fail = (method) =>
      method === 'StopContainer' && failures-- > 0
        ? new ConnectError('busy', Code.Unknown)
        : undefined;
    rig.createPod();
    await rig.advance(2_000);
    rig.deletePod();
    await rig.advance(2_000);
    expect(rig.events()).toContain(
      'Warning FailedKillPod error killing pod: failed to "KillContainer" for "main" with KillContainerError: "rpc error: code = Unknown desc = busy"',
    );
    await rig.advance(20_000);
    expect(rig.pod()).toBeUndefined();
  });
});

describe('postStart', () => {
  it('that fails kills the container', async () => {
    rig.cri.exec = () => ({ exitCode: 1 });
    const postStart = { exec: { command: ['warm-up'] } };
    rig.createPod({ containers: [{ name: 'main', image, lifecycle: { postStart } }] });
    await rig.advance(1_000);
    expect(rig.events()).toEqual(
      expect.arrayContaining([
        'Warning FailedPostStartHook PostStartHook failed (x2)',
        'Normal Killing FailedPostStartHook (x2)',
      ]),
    );
    expect(rig.cri.callsOf('StopContainer')[0]).toBe('main 30');
  });
});

describe('failures of the runtime', () => {
  it('in the sandbox are told and tried again', async () => {
    let failures = 1;
    rig.cri.fail = (method) =>
      method === 'RunPodSandbox' && failures-- > 0
        ? new ConnectError('no network', Code.Unknown)
        : undefined;
    rig.createPod();
    await rig.advance(1_000);
    expect(rig.events()).toEqual([
      'Warning FailedCreatePodSandBox Failed to create pod sandbox: rpc error: code = Unknown desc = no network',
    ]);
    await rig.advance(16_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
  });

  it.each([
    ['CreateContainer', 'CreateContainerError'],
    ['StartContainer', 'RunContainerError'],
  ])('in %s show as %s', async (failing, reason) => {
    rig.cri.fail = (method) =>
      method === failing ? new ConnectError('no space', Code.Unknown) : undefined;
    rig.createPod();
    await rig.advance(1_000);
    expect(rig.status()?.state?.waiting).toEqual({ reason, message: 'no space' });
    expect(rig.events().some((event) => event.startsWith('Warning Failed Error: no space'))).toBe(
      true,
    );
  });

  it('make the node not ready, and the loop wait', async () => {
    const nodeStatus = () => rig.api.get(resources.nodes, 'node-1')?.status;
    const ready = () => nodeStatus()?.conditions?.find(({ type }) => type === 'Ready');
    const { images } = nodeStatus() ?? {};
    expect(images).not.toEqual([]);
    rig.cri.fail = () => new ConnectError('shim gone', Code.Unavailable);
    await rig.advance(45_000);
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'container runtime is down',
    });
    expect(nodeStatus()?.images).toEqual(images);
    rig.cri.fail = (method) =>
      method === 'ListPodSandbox' ? new ConnectError('shim gone', Code.Unavailable) : undefined;
    await rig.advance(200_000);
    expect(ready()).toMatchObject({ status: 'False', reason: 'KubeletNotReady' });
    expect(ready()?.message).toMatch(
      /^PLEG is not healthy: pleg was last seen active .*s ago; threshold is 180s$/,
    );
    rig.cri.fail = () => undefined;
    await rig.advance(15_000);
    rig.createPod();
    await rig.advance(3_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
  });

  it('of the network keep pods from starting', async () => {
    rig.cri.networkReady = false;
    await rig.advance(6_000);
    rig.createPod();
    await rig.advance(3_000);
    expect(rig.events()[0]).toContain(
      'Warning NetworkNotReady network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized',
    );
    expect(rig.cri.callsOf('RunPodSandbox')).toEqual([]);
    rig.cri.networkReady = true;
    await rig.advance(8_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
  });
});

describe('admission', () => {
  // Until the first housekeeping a pod may have been running from before.
  beforeEach(() => rig.advance(2_000));

  it.each([
    [
      { requests: { cpu: '2' } },
      {},
      'OutOfcpu',
      "Node didn't have enough resource: cpu, requested: 2000, used: 0, capacity: 1000",
    ],
    [
      { requests: { memory: '1Gi' } },
      {},
      'OutOfmemory',
      "Node didn't have enough resource: memory, requested: 1073741824, used: 0, capacity: 268435456",
    ],
    [
      {},
      { nodeSelector: { disk: 'ssd' } },
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  ])('refuses a pod with %j %j as %s', async (needs, spec, reason, message) => {
    rig.createPod({ containers: [{ name: 'main', image, resources: needs }], ...spec });
    await rig.advance(1_000);
    expect(rig.pod()?.status).toMatchObject({
      phase: 'Failed',
      reason,
      message: `Pod was rejected: ${message}`,
    });
    expect(rig.events()).toEqual([`Warning ${reason} ${message}`]);
    expect(rig.cri.callsOf('RunPodSandbox')).toEqual([]);
  });

  it('counts what pods on the node have, until they end', async () => {
    const big = { containers: [{ name: 'main', image, resources: { requests: { cpu: '600m' } } }] };
    rig.createPod(big, 'one');
    await rig.advance(2_000);
    rig.createPod(big, 'two');
    await rig.advance(1_000);
    expect(rig.pod('two')?.status?.reason).toBe('OutOfcpu');
    rig.deletePod('one');
    await rig.advance(4_000);
    rig.createPod(big, 'three');
    await rig.advance(2_000);
    expect(rig.pod('three')?.status?.phase).toBe('Running');
  });
});
