import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { ContainerState, PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, exec, exited, runPod, startCri } from './cri.ts';

let cri: CriNode;
let pod: Pod;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});
beforeEach(async () => {
  pod = await runPod(cri);
});
afterEach(async () => {
  await pod.remove();
  expect(await leftovers()).toBe('');
});

/** What no sandbox should leave behind on the node. */
function leftovers(): Promise<string> {
  return cri.shell(
    'ls -A /run/netns /run/sandglass/tasks /run/sandglass/sandboxes /run/crun | grep -E "[0-9a-f]{32}" || true;' +
      'grep -E "overlay|/run/sandglass/sandboxes" /proc/mounts || true; ip -o link | grep veth || true;' +
      'ls /sys/fs/cgroup/sandglass | grep -E "[0-9a-f]{64}" || true;' +
      'ls /var/lib/cni/networks/sandglass | grep -E "^10" || true; pgrep sandglass-shim || true',
  );
}

const forever = 'while :; do sleep 100; done';
const pidOf = async (containerId: string) => {
  const { info } = await cri.runtime.containerStatus({ containerId, verbose: true });
  return (JSON.parse(info['info'] ?? '') as { pid: number }).pid;
};

describe('a service that is started anew', () => {
  it('finds its sandboxes and containers as they are', async () => {
    const running = await pod.run(`trap "exit 9" TERM; echo up; while :; do sleep 1; done`);
    const created = await pod.create({ command: ['sh', '-c', 'exit 6'] });
    await pod.firstLine(running);
    await cri.stop();
    await cri.start();
    const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id });
    expect(status).toMatchObject({ state: PodSandboxState.SANDBOX_READY });
    expect(status?.network?.ip).toMatch(/^10\.244\./);
    expect(await exec(cri, running, 'echo still here')).toBe('still here\n');
    await cri.runtime.startContainer({ containerId: created });
    expect(await exited(cri, created)).toMatchObject({ exitCode: 6 });
    await cri.runtime.stopContainer({ containerId: running, timeout: 60n });
    expect(await exited(cri, running)).toMatchObject({ exitCode: 9 });
  });

  it('learns of what ended meanwhile, and loses nothing of its log', async () => {
    const id = await pod.run('echo one; until [ -e /go ]; do sleep 1; done; echo two; exit 5');
    const pid = await pidOf(id);
    await cri.stop();
    await cri.shell(`touch /proc/${pid}/root/go; while [ -d /proc/${pid} ]; do sleep 1; done`);
    await cri.start();
    expect(await exited(cri, id)).toMatchObject({ exitCode: 5, reason: 'Error' });
    expect(await pod.log(id)).toEqual(['stdout F one', 'stdout F two']);
  });
});

/** Stands in for crun, and is killed as soon as the container has begun to be. */
const dyingCrun = `#!/bin/bash
case " $* " in *" create "*) ;; *) exec /tmp/crun.real "$@" ;; esac
/tmp/crun.real "$@" &
until [ -d /run/crun/\${!#} ]; do :; done
kill -9 $! $$
`;

/** Takes its time before it creates a container. */
const slowCrun = `#!/bin/bash
case " $* " in *" create "*) touch /tmp/creating; sleep 2 ;; esac
exec /tmp/crun.real "$@"
`;

async function inPlaceOfCrun(script: string, work: () => Promise<void>): Promise<void> {
  await cri.node.running.agent.files.write('/tmp/crun', script, { mode: 0o755 });
  const place = (
    await cri.shell('cp -L /usr/bin/crun /tmp/crun.real; readlink -f /usr/bin/crun')
  ).trim();
  await cri.shell(`mount --bind /tmp/crun ${place}`);
  try {
    await work();
  } finally {
    await cri.shell(`umount ${place}`);
  }
}

describe('faults', () => {
  it('kill -9 of a container: it ends with 137', async () => {
    const id = await pod.run(forever);
    await cri.shell(`kill -9 ${await pidOf(id)}`);
    expect(await exited(cri, id)).toMatchObject({ exitCode: 137 });
  });

  it('kill -9 of a shim: its container does not outlive it', async () => {
    const id = await pod.run(forever);
    const pid = await pidOf(id);
    await cri.shell(`kill -9 $(pgrep -f "[s]andglass-shim.*${id}")`);
    expect(await exited(cri, id)).toMatchObject({ exitCode: 137 });
    await cri.shell(`while [ -d /proc/${pid} ]; do sleep 0.1; done`);
  });

  it('a start that is given up in mid-create leaves nothing', async () => {
    const id = await pod.create({ command: ['sh', '-c', forever] });
    await inPlaceOfCrun(slowCrun, async () => {
      const giveUp = new AbortController();
      const start = cri.runtime.startContainer({ containerId: id }, { signal: giveUp.signal });
      const failed = expect(start).rejects.toMatchObject({ code: Code.Canceled });
      await cri.shell('until [ -e /tmp/creating ]; do sleep 0.1; done');
      giveUp.abort();
      await failed;
      expect(await exited(cri, id)).toMatchObject({ reason: 'StartError' });
      await cri.shell(
        'while pgrep -f "[s]andglass-shim.*' + id + '" >/dev/null; do sleep 0.1; done',
      );
    });
    await cri.runtime.removeContainer({ containerId: id });
  });

  it('kill -9 of crun in mid-create: the start fails and leaves nothing', async () => {
    const id = await pod.create({ command: ['sh', '-c', forever] });
    await inPlaceOfCrun(dyingCrun, async () => {
      await expect(cri.runtime.startContainer({ containerId: id })).rejects.toThrow(
        'failed to create containerd task',
      );
    });
    const { status } = await cri.runtime.containerStatus({ containerId: id });
    expect(status).toMatchObject({ state: ContainerState.CONTAINER_EXITED, reason: 'StartError' });
    await cri.runtime.removeContainer({ containerId: id });
  });
});
