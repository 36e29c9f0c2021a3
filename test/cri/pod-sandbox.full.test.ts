import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NamespaceMode, PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriNode, exec, podConfig, runPod, startCri } from './cri.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

const forever = 'while :; do sleep 100; done';

describe('Idempotence', () => {
  it('StopPodSandbox and the others should not return an error if not found', async () => {
    await cri.runtime.stopPodSandbox({ podSandboxId: 'unknown' });
    await cri.runtime.removePodSandbox({ podSandboxId: 'unknown' });
    await cri.runtime.stopContainer({ containerId: 'unknown', timeout: 0n });
    await cri.runtime.removeContainer({ containerId: 'unknown' });
  });

  it('should not return an error if already stopped', async () => {
    const pod = await runPod(cri);
    const containerId = await pod.run(forever);
    for (let i = 0; i < 2; i++) await cri.runtime.stopContainer({ containerId, timeout: 0n });
    for (let i = 0; i < 2; i++) await cri.runtime.stopPodSandbox({ podSandboxId: pod.id });
    for (let i = 0; i < 2; i++) await cri.runtime.removePodSandbox({ podSandboxId: pod.id });
  });
});

describe('PodSandbox', () => {
  it('runtime should support running, stopping and removing PodSandbox', async () => {
    const pod = await runPod(cri);
    const status = async () =>
      (await cri.runtime.podSandboxStatus({ podSandboxId: pod.id })).status?.state;
    expect(await status()).toBe(PodSandboxState.SANDBOX_READY);
    await cri.runtime.stopPodSandbox({ podSandboxId: pod.id });
    expect(await status()).toBe(PodSandboxState.SANDBOX_NOTREADY);
    await cri.runtime.removePodSandbox({ podSandboxId: pod.id });
    await expect(status()).rejects.toMatchObject({ code: 5 });
  });

  it('runtime should support preserving PodSandbox attributes', async () => {
    const labels = { 'app.kubernetes.io/name': 'x' };
    const annotations = { note: 'y' };
    const pod = await runPod(cri, podConfig({ labels, annotations }));
    const { items } = await cri.runtime.listPodSandbox({ filter: { labelSelector: labels } });
    expect(items).toMatchObject([
      { id: pod.id, labels, annotations, metadata: pod.config.metadata },
    ]);
    await pod.remove();
  });

  it('refuses a second sandbox of the same name', async () => {
    const config = podConfig();
    const pod = await runPod(cri, config);
    await expect(runPod(cri, config)).rejects.toThrow(`is reserved for "${pod.id}"`);
    await pod.remove();
  });

  it('should support safe and unsafe sysctls', async () => {
    const sysctls = { 'kernel.shm_rmid_forced': '1', 'fs.mqueue.msg_max': '100' };
    const pod = await runPod(cri, podConfig({ linux: { sysctls } }));
    const id = await pod.run(forever);
    expect(
      await exec(cri, id, 'cat /proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max'),
    ).toBe('1\n100\n');
    await pod.remove();
  });

  it('becomes not ready when pause is killed', async () => {
    const pod = await runPod(cri);
    const events = cri.runtime.getContainerEvents({})[Symbol.asyncIterator]();
    const next = events.next();
    const { info } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id, verbose: true });
    const { pid } = JSON.parse(info['info'] ?? '') as { pid: number };
    await cri.shell(`kill -9 ${pid}`);
    const event = (await next).value as { containerId: string };
    expect(event.containerId).toBe(pod.id);
    const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id });
    expect(status?.state).toBe(PodSandboxState.SANDBOX_NOTREADY);
    await pod.remove();
    await events.return?.();
    expect(await cri.shell('ls /run/netns; ip -o link | grep veth || true')).toBe('');
  });

  it('leaves nothing behind when its network cannot be made', async () => {
    await cri.shell('mv /etc/cni/net.d /etc/cni/net.off; mkdir /etc/cni/net.d');
    cri.stop();
    await cri.start();
    await expect(runPod(cri)).rejects.toThrow('cni plugin not initialized');
    const { status } = await cri.runtime.status({});
    expect(status?.conditions.find(({ type }) => type === 'NetworkReady')?.status).toBe(false);
    await cri.shell('rmdir /etc/cni/net.d; mv /etc/cni/net.off /etc/cni/net.d');
    expect(
      await cri.shell('ls /run/netns /run/sandglass/tasks /run/sandglass/sandboxes'),
    ).not.toMatch(/[0-9a-f]{32}/);
  });

  it('runtime should support returning metrics descriptors and listing pod sandbox metrics', async () => {
    const { descriptors } = await cri.runtime.listMetricDescriptors({});
    const pod = await runPod(cri);
    const id = await pod.run(forever);
    const { podMetrics } = await cri.runtime.listPodSandboxMetrics({});
    const ours = podMetrics.find(({ podSandboxId }) => podSandboxId === pod.id);
    const found = [...(ours?.metrics ?? []), ...(ours?.containerMetrics[0]?.metrics ?? [])];
    expect(ours?.containerMetrics[0]?.containerId).toBe(id);
    for (const metric of found) {
      const descriptor = descriptors.find(({ name }) => name === metric.name);
      expect(metric.labelValues.length, metric.name).toBe(descriptor?.labelKeys.length);
    }
    const absent = descriptors
      .map(({ name }) => name)
      .filter((name) => !found.some((metric) => metric.name === name));
    expect(
      absent.every((name) => /_(reads|writes)_|blkio/.test(name)),
      absent.join(),
    ).toBe(true);
    await pod.remove();
  });
});

describe('Runtime info', () => {
  it('runtime should return version info and conditions', async () => {
    expect(await cri.runtime.version({})).toMatchObject({ runtimeApiVersion: 'v1' });
    const { status } = await cri.runtime.status({});
    expect(status?.conditions.map(({ type, status: ok }) => [type, ok])).toEqual([
      ['RuntimeReady', true],
      ['NetworkReady', true],
    ]);
  });
});

describe('Networking', () => {
  it('runtime should support DNS config and set hostname', async () => {
    const pod = await runPod(
      cri,
      podConfig({
        hostname: 'a-name',
        dnsConfig: { servers: ['10.10.10.10'], searches: ['google.com'], options: ['ndots:8'] },
      }),
    );
    const id = await pod.run(forever);
    expect(await exec(cri, id, 'cat /etc/resolv.conf; hostname; cat /etc/hostname')).toBe(
      'search google.com\nnameserver 10.10.10.10\noptions ndots:8\na-name\na-name\n',
    );
    await pod.remove();
  });

  it('runtime should support port mapping with only container port, and with host port', async () => {
    const pod = await runPod(
      cri,
      podConfig({ portMappings: [{ containerPort: 80, hostPort: 12000 }] }),
    );
    await pod.run('mkdir /www; echo served > /www/index.html; exec httpd -f -h /www -p 80');
    const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: pod.id });
    const ip = status?.network?.ip ?? '';
    const get = (url: string) => cri.shell(`curl -s --retry 9 --retry-connrefused ${url}`);
    expect(await get(`http://${ip}/`)).toBe('served\n');
    expect(await get('http://127.0.0.1:12000/')).toBe('served\n');
    await pod.remove();
    expect(await cri.shell('iptables-save | grep -c 12000 || true')).toBe('0\n');
  });

  it('containers of two pods reach each other, and those of one share their localhost', async () => {
    const [server, client] = [await runPod(cri), await runPod(cri)];
    await server.run('echo hi | nc -l -p 99');
    const beside = await server.run(forever);
    expect(await exec(cri, beside, 'sleep 1; nc 127.0.0.1 99 </dev/null')).toBe('hi\n');
    await server.run('echo over | nc -l -p 98');
    const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: server.id });
    const away = await client.run(forever);
    expect(await exec(cri, away, `sleep 1; nc ${status?.network?.ip ?? ''} 98 </dev/null`)).toBe(
      'over\n',
    );
    await server.remove();
    await client.remove();
  });
});

describe('Security Context: NamespaceOption', () => {
  const withNamespaces = (options: {
    pid?: NamespaceMode;
    ipc?: NamespaceMode;
    network?: NamespaceMode;
  }) => {
    const namespaceOptions = { pid: NamespaceMode.CONTAINER, ...options };
    return { linux: { securityContext: { namespaceOptions } } };
  };
  const node = (name: string) => cri.shell(`readlink /proc/1/ns/${name}`);
  const namespaceIn = (id: string, name: string) => exec(cri, id, `readlink /proc/self/ns/${name}`);

  it('runtime should support HostPID', async () => {
    const options = withNamespaces({ pid: NamespaceMode.NODE });
    const pod = await runPod(cri, podConfig(options));
    const id = await pod.run(`sleep 777 & ${forever}`, options);
    expect(await namespaceIn(id, 'pid')).toBe(await node('pid'));
    await cri.runtime.stopContainer({ containerId: id, timeout: 0n });
    // What it left behind does not die with a namespace; the shim sees to it.
    await cri.shell('while pgrep -f "^sleep 777$" >/dev/null; do sleep 0.1; done');
    await pod.remove();
  });

  it('runtime should support PodPID and ContainerPID', async () => {
    const shared = withNamespaces({ pid: NamespaceMode.POD });
    const pod = await runPod(cri, podConfig(shared));
    const id = await pod.run(forever, shared);
    expect(await exec(cri, id, 'cat /proc/1/cmdline')).toContain('/pause');
    const own = await pod.run(forever, withNamespaces({ pid: NamespaceMode.CONTAINER }));
    expect(await exec(cri, own, 'cat /proc/1/cmdline')).toContain('sh');
    await pod.remove();
  });

  it('runtime should support HostIpc and HostNetwork', async () => {
    const options = withNamespaces({ ipc: NamespaceMode.NODE, network: NamespaceMode.NODE });
    const pod = await runPod(cri, podConfig({ hostname: '', ...options }));
    const id = await pod.run(forever, options);
    expect(await namespaceIn(id, 'ipc')).toBe(await node('ipc'));
    expect(await namespaceIn(id, 'net')).toBe(await node('net'));
    await pod.remove();
    const private_ = await runPod(cri);
    const other = await private_.run(forever);
    expect(await namespaceIn(other, 'ipc')).not.toBe(await node('ipc'));
    expect(await namespaceIn(other, 'net')).not.toBe(await node('net'));
    await private_.remove();
  });
});
