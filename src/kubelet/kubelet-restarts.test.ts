import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeletRig } from './testing/kubelet-rig.ts';

let rig: KubeletRig;

beforeEach(async () => {
  rig = new KubeletRig();
  await rig.start();
});

afterEach(async () => {
  await rig.stop();
  expect(rig.errors).toEqual([]);
});

describe('a container that ends', () => {
  it('is started again at once, then held back 10 s, 20 s, 40 s', async () => {
    rig.createPod();
    await rig.advance(2_000);
    const starts: number[] = [];
    for (let run = 0; run < 4; run++) {
      rig.cri.exit('main', 1);
      const ended = rig.manual.now();
      const before = rig.cri.callsOf('StartContainer').length;
      while (rig.cri.callsOf('StartContainer').length === before) await rig.advance(500);
      starts.push(Math.floor((rig.manual.now() - ended) / 10_000) * 10);
      await rig.advance(2_000);
    }
    expect(starts).toEqual([0, 10, 20, 40]);
    expect(rig.status()?.restartCount).toBe(4);
    expect(rig.status()?.lastState?.terminated?.exitCode).toBe(1);
  });

  it('waits with CrashLoopBackOff and says so', async () => {
    rig.createPod();
    await rig.advance(2_000);
    rig.cri.exit('main', 1);
    await rig.advance(2_500);
    rig.cri.exit('main', 3);
    await rig.advance(2_500);
    expect(rig.status()?.state?.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=main pod=web_default(pod-uid-1)',
    });
    expect(rig.status()?.lastState?.terminated?.exitCode).toBe(3);
    expect(rig.pod()?.status?.phase).toBe('Running');
    expect(rig.condition('Ready')).toBe('False');
    expect(rig.events()).toContain(
      'Warning BackOff Back-off restarting failed container main in pod web_default(pod-uid-1)',
    );
  });

  it.each([
    ['Never', 0, 'Succeeded'],
    ['Never', 1, 'Failed'],
    ['OnFailure', 0, 'Succeeded'],
  ])(
    'with restartPolicy %s and exit code %i ends the pod as %s',
    async (restartPolicy, code, phase) => {
      rig.createPod({ restartPolicy });
      await rig.advance(2_000);
      rig.cri.exit('main', code);
      await rig.advance(4_000);
      expect(rig.pod()?.status?.phase).toBe(phase);
      expect(rig.status()?.state?.terminated?.reason).toBe(code === 0 ? 'Completed' : 'Error');
      expect(rig.cri.callsOf('StartContainer')).toEqual(['main']);
      expect(rig.cri.callsOf('StopPodSandbox')).toContain('sandbox-1');
    },
  );

  it('keeps OOMKilled as its reason', async () => {
    rig.createPod({ restartPolicy: 'Never' });
    await rig.advance(2_000);
    rig.cri.exit('main', 137, 'OOMKilled');
    await rig.advance(4_000);
    expect(rig.status()?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  it('leaves its message behind', async () => {
    rig.createPod({ restartPolicy: 'Never' });
    await rig.advance(2_000);
    const mount = rig.cri
      .container('main')
      .config.mounts.find(({ containerPath }) => containerPath === '/dev/termination-log');
    rig.node.files.put(mount?.hostPath ?? '', 'out of cheese');
    rig.cri.exit('main', 1);
    await rig.advance(4_000);
    expect(rig.status()?.state?.terminated?.message).toBe('out of cheese');
  });

  it('leaves the end of a long message, after what the runtime has to say', async () => {
    rig.createPod({ restartPolicy: 'Never' });
    await rig.advance(2_000);
    const { config, status } = rig.cri.container('main');
    const mount = config.mounts.find(
      ({ containerPath }) => containerPath === '/dev/termination-log',
    );
    rig.node.files.put(mount?.hostPath ?? '', `${'a'.repeat(5_000)}${'z'.repeat(4_000)}`);
    status.message = 'killed';
    rig.cri.exit('main', 1);
    await rig.advance(4_000);
    expect(rig.status()?.state?.terminated?.message).toBe(
      `killed: ${'a'.repeat(96)}${'z'.repeat(4_000)}`,
    );
  });

  it.each([
    ['a', 1024],
    // Of two bytes.
    ['é', 512],
  ])('shares the room for messages of %s with all containers of its pod', async (letter, left) => {
    const containers = Array.from({ length: 12 }, (_, index) => ({
      name: `c${index}`,
      image: 'busybox:1.36',
    }));
    rig.createPod({ restartPolicy: 'Never', containers });
    await rig.advance(6_000);
    for (const { name } of containers) {
      const mount = rig.cri
        .container(name)
        .config.mounts.find(({ containerPath }) => containerPath === '/dev/termination-log');
      rig.node.files.put(mount?.hostPath ?? '', letter.repeat(2_000));
      rig.cri.exit(name, 1);
    }
    await rig.advance(6_000);
    const messages = containers.map(({ name }) => rig.status(name)?.state?.terminated?.message);
    expect(messages).toEqual(containers.map(() => letter.repeat(left)));
  });

  it('shows the end of its log instead, if asked to', async () => {
    const main = {
      name: 'main',
      image: 'busybox:1.36',
      terminationMessagePolicy: 'FallbackToLogsOnError',
    };
    rig.createPod({ restartPolicy: 'Never', containers: [main] });
    await rig.advance(2_000);
    rig.node.files.put(
      '/var/log/pods/default_web_pod-uid-1/main/0.log',
      '2026-01-01T00:00:00.000000000Z stderr F cannot open the box\n',
    );
    rig.cri.exit('main', 1);
    await rig.advance(4_000);
    expect(rig.status()?.state?.terminated?.message).toBe('cannot open the box\n');
  });

  it('removes all but the last of its ended instances', async () => {
    rig.createPod();
    for (let run = 0; run < 3; run++) {
      await rig.advance(30_000);
      rig.cri.exit('main', 1);
    }
    await rig.advance(60_000);
    expect(rig.cri.containers.size).toBe(2);
  });
});

describe('a pod whose sandbox is gone', () => {
  it('gets another, and its containers again', async () => {
    rig.createPod();
    await rig.advance(2_000);
    rig.cri.killSandboxes();
    await rig.advance(4_000);
    expect(rig.events()).toContain(
      'Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.',
    );
    expect(rig.cri.callsOf('RunPodSandbox')).toEqual(['web', 'web']);
    expect([...rig.cri.sandboxes.values()].at(-1)?.config.metadata?.attempt).toBe(1);
    expect(rig.status()?.restartCount).toBe(1);
    expect(rig.pod()?.status).toMatchObject({ phase: 'Running', podIP: '10.88.0.3' });
  });

  it('ends if it must not be restarted', async () => {
    rig.createPod({ restartPolicy: 'Never' });
    await rig.advance(2_000);
    rig.cri.killSandboxes();
    await rig.advance(4_000);
    expect(rig.cri.callsOf('RunPodSandbox')).toEqual(['web']);
    expect(rig.pod()?.status?.phase).not.toBe('Running');
  });
});

describe('a pod that may be active for ten seconds', () => {
  it('fails with DeadlineExceeded', async () => {
    rig.createPod({ activeDeadlineSeconds: 10 });
    await rig.advance(9_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
    await rig.advance(5_000);
    expect(rig.pod()?.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(rig.cri.callsOf('StopContainer')).toHaveLength(1);
  });
});
