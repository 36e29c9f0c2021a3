import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { EnvVar, Volume, VolumeMount } from '#kube/types.ts';
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

const volumesOf = '/var/lib/kubelet/pods/pod-uid-1/volumes';

function createPod(volume: Volume, mount: Partial<VolumeMount> = {}): void {
  rig.createPod({
    volumes: [volume],
    containers: [
      {
        name: 'main',
        image: 'busybox:1.36',
        volumeMounts: [{ name: volume.name, mountPath: '/data', ...mount }],
      },
    ],
  });
}

function dataMount() {
  const { mounts } = rig.cri.container('main').config;
  return mounts.find(({ containerPath }) => containerPath === '/data');
}

function putConfigMap(data: Record<string, string>): void {
  rig.api.put(resources.configMaps, { metadata: { name: 'settings', namespace: 'default' }, data });
}

describe('volumes', () => {
  it('emptyDir is a directory for everyone, and goes with the pod', async () => {
    createPod({ name: 'scratch', emptyDir: {} });
    await rig.advance(2_000);
    const path = `${volumesOf}/kubernetes.io~empty-dir/scratch`;
    expect(dataMount()).toMatchObject({ hostPath: path, readonly: false });
    expect((await rig.node.files.stat(path)).mode).toBe(0o777);
    rig.deletePod();
    await rig.advance(4_000);
    expect(await rig.node.files.exists(path)).toBe(false);
  });

  it('emptyDir in memory is a tmpfs of the limited size, and is unmounted', async () => {
    createPod({ name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } });
    await rig.advance(2_000);
    expect(rig.node.mounted).toEqual([
      {
        type: 'tmpfs',
        target: `${volumesOf}/kubernetes.io~empty-dir/scratch`,
        options: ['size=1048576'],
      },
    ]);
    rig.deletePod();
    await rig.advance(4_000);
    expect(rig.node.mounted).toEqual([]);
  });

  it('configMap holds its keys, read-only, and follows changes as one', async () => {
    putConfigMap({ 'a.conf': 'one', 'b.conf': 'two' });
    createPod({ name: 'settings', configMap: { name: 'settings' } });
    await rig.advance(2_000);
    const path = `${volumesOf}/kubernetes.io~configmap/settings`;
    expect(dataMount()).toMatchObject({ hostPath: path, readonly: true });
    expect(rig.node.files.text(`${path}/a.conf`)).toBe('one');
    const before = await rig.node.files.readLink(`${path}/..data`);
    putConfigMap({ 'a.conf': 'changed' });
    await rig.advance(91_000);
    expect(rig.node.files.text(`${path}/a.conf`)).toBe('changed');
    expect(rig.node.files.names(path)).toEqual([
      expect.stringMatching(/^\.\.2026_/),
      '..data',
      'a.conf',
    ]);
    expect(await rig.node.files.readLink(`${path}/..data`)).not.toBe(before);
  });

  it('a missing configMap holds the pod back and is told', async () => {
    createPod({ name: 'settings', configMap: { name: 'settings' } });
    await rig.advance(3_000);
    expect(rig.status()?.state?.waiting?.reason).toBe('ContainerCreating');
    expect(rig.events()[0]).toMatch(
      /^Warning FailedMount MountVolume.SetUp failed for volume "settings" : configmap "settings" not found/,
    );
    expect(rig.cri.callsOf('RunPodSandbox')).toEqual([]);
    putConfigMap({ key: 'value' });
    await rig.advance(5_000);
    expect(rig.pod()?.status?.phase).toBe('Running');
  });

  it('gives up after two minutes, and begins again', async () => {
    createPod({ name: 'settings', configMap: { name: 'settings' } });
    await rig.advance(125_000);
    expect(rig.events()).toContain(
      'Warning FailedMount Unable to attach or mount volumes: unmounted volumes=[settings], unattached volumes=[], failed to process volumes=[]: context deadline exceeded',
    );
  });

  it('secret is in memory only, with modes and chosen paths', async () => {
    rig.api.put(resources.secrets, {
      metadata: { name: 'keys', namespace: 'default' },
      data: { tls: btoa('private') },
    });
    createPod({
      name: 'keys',
      secret: { secretName: 'keys', items: [{ key: 'tls', path: 'certs/tls.key', mode: 0o400 }] },
    });
    await rig.advance(2_000);
    const path = `${volumesOf}/kubernetes.io~secret/keys`;
    expect(rig.node.mounted).toMatchObject([{ type: 'tmpfs', target: path }]);
    expect(rig.node.files.text(`${path}/certs/tls.key`)).toBe('private');
    expect((await rig.node.files.stat(`${path}/certs/tls.key`)).mode).toBe(0o400);
  });

  it('downwardAPI shows labels, and projected joins sources', async () => {
    putConfigMap({ 'a.conf': 'one' });
    createPod({
      name: 'all',
      projected: {
        sources: [
          { configMap: { name: 'settings' } },
          {
            downwardAPI: {
              items: [
                { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
                {
                  path: 'cpu',
                  resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' },
                },
              ],
            },
          },
        ],
      },
    });
    await rig.advance(2_000);
    const path = `${volumesOf}/kubernetes.io~projected/all`;
    expect(rig.node.files.names(path).filter((name) => !name.startsWith('..'))).toEqual([
      'a.conf',
      'cpu',
      'name',
    ]);
    expect(rig.node.files.text(`${path}/name`)).toBe('web');
    // Without a limit it is what the node has.
    expect(rig.node.files.text(`${path}/cpu`)).toBe('1');
  });

  it.each([
    ['Directory', 'hostPath type check failed: /srv is not a directory'],
    ['Socket', 'hostPath type check failed: /srv is not a socket file'],
  ])('hostPath of type %s must be one', async (type, message) => {
    createPod({ name: 'host', hostPath: { path: '/srv', type } });
    await rig.advance(2_000);
    expect(rig.events()[0]).toContain(`MountVolume.SetUp failed for volume "host" : ${message}`);
  });

  it('hostPath is made where it may be', async () => {
    createPod({ name: 'host', hostPath: { path: '/srv/deep', type: 'DirectoryOrCreate' } });
    await rig.advance(2_000);
    expect(await rig.node.files.exists('/srv/deep')).toBe(true);
    expect(dataMount()?.hostPath).toBe('/srv/deep');
    rig.deletePod();
    await rig.advance(4_000);
    expect(await rig.node.files.exists('/srv/deep')).toBe(true);
  });

  it('a subPath is made in the volume', async () => {
    createPod({ name: 'scratch', emptyDir: {} }, { subPath: 'of/me' });
    await rig.advance(1_000);
    const path = `${volumesOf}/kubernetes.io~empty-dir/scratch/of/me`;
    expect(dataMount()?.hostPath).toBe(path);
    expect(await rig.node.files.exists(path)).toBe(true);
  });

  it('a subPath of a configMap is the file behind the links', async () => {
    putConfigMap({ 'a.conf': 'one' });
    createPod({ name: 'settings', configMap: { name: 'settings' } }, { subPath: 'a.conf' });
    await rig.advance(1_000);
    expect(dataMount()?.hostPath).toMatch(/settings\/\.\.2026_[0-9_.]+\/a\.conf$/);
  });

  it('fsGroup owns what the kubelet writes', async () => {
    putConfigMap({ 'a.conf': 'one' });
    rig.createPod({
      securityContext: { fsGroup: 2000 },
      volumes: [
        { name: 'settings', configMap: { name: 'settings', defaultMode: 0o400 } },
        { name: 'scratch', emptyDir: {} },
      ],
      containers: [
        {
          name: 'main',
          image: 'busybox:1.36',
          volumeMounts: [
            { name: 'settings', mountPath: '/settings' },
            { name: 'scratch', mountPath: '/scratch' },
          ],
        },
      ],
    });
    await rig.advance(2_000);
    expect(
      await rig.node.files.stat(`${volumesOf}/kubernetes.io~configmap/settings/a.conf`),
    ).toMatchObject({
      gid: 2000,
      mode: 0o440,
    });
    expect(await rig.node.files.stat(`${volumesOf}/kubernetes.io~empty-dir/scratch`)).toMatchObject(
      {
        gid: 2000,
        mode: 0o2777,
      },
    );
    const context = rig.cri.container('main').config.linux?.securityContext;
    expect(context?.supplementalGroups).toEqual([2000n]);
  });
});

describe('environment', () => {
  async function environmentOf(env: EnvVar[], more: object = {}): Promise<Record<string, string>> {
    rig.createPod({ containers: [{ name: 'main', image: 'busybox:1.36', env, ...more }] });
    await rig.advance(2_000);
    const decoder = new TextDecoder();
    return Object.fromEntries(
      rig.cri.container('main').config.envs.map(({ key, value }) => [key, decoder.decode(value)]),
    );
  }

  it('comes from fields, keys and what stands before', async () => {
    putConfigMap({ colour: 'red', size: 'big' });
    rig.api.put(resources.secrets, {
      metadata: { name: 'keys', namespace: 'default' },
      data: { token: btoa('secret') },
    });
    const environment = await environmentOf(
      [
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
        {
          name: 'NONE',
          valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } },
        },
        {
          name: 'MEMORY',
          valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } },
        },
        { name: 'ALL', value: '$(NAME)-$(P_colour) $$(NAME) $(UNKNOWN)' },
      ],
      {
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'settings' } }],
        resources: { requests: { memory: '1500Ki' } },
        command: ['sh', '-c', 'echo $(ALL)'],
      },
    );
    expect(environment).toEqual({
      P_colour: 'red',
      P_size: 'big',
      NAME: 'web',
      IP: '10.88.0.1',
      HOST: '192.168.0.2',
      TOKEN: 'secret',
      MEMORY: '2',
      ALL: 'web-red $(NAME) $(UNKNOWN)',
    });
    expect(rig.cri.container('main').config.command).toEqual([
      'sh',
      '-c',
      'echo web-red $(NAME) $(UNKNOWN)',
    ]);
  });

  it('that lacks a key holds the container back', async () => {
    putConfigMap({ colour: 'red' });
    rig.createPod({
      containers: [
        {
          name: 'main',
          image: 'busybox:1.36',
          env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none' } } }],
        },
      ],
    });
    await rig.advance(2_000);
    expect(rig.status()?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: "couldn't find key none in ConfigMap default/settings",
    });
    expect(rig.events()).toContain(
      "Warning Failed Error: couldn't find key none in ConfigMap default/settings (x2)",
    );
  });
});

describe('the sandbox', () => {
  it('has hosts, DNS, hostname and ports as the pod says', async () => {
    rig.createPod({
      hostname: 'box',
      subdomain: 'boxes',
      hostAliases: [{ ip: '1.2.3.4', hostnames: ['one', 'two'] }],
      dnsConfig: {
        searches: ['example.com'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
      containers: [
        { name: 'main', image: 'busybox:1.36', ports: [{ containerPort: 80, hostPort: 8080 }] },
      ],
    });
    await rig.advance(2_000);
    const config = rig.cri.sandboxes.get('sandbox-1')?.config;
    expect(config?.hostname).toBe('box');
    expect(config?.portMappings).toMatchObject([{ containerPort: 80, hostPort: 8080 }]);
    expect(config?.dnsConfig).toMatchObject({
      servers: ['10.96.0.10'],
      searches: [
        'default.svc.cluster.local',
        'svc.cluster.local',
        'cluster.local',
        'lan',
        'example.com',
      ],
      options: ['ndots:2', 'edns0'],
    });
    expect(config?.linux?.cgroupParent).toBe('/kubepods/besteffort/podpod-uid-1');
    expect(rig.node.files.text('/var/lib/kubelet/pods/pod-uid-1/etc-hosts')).toMatch(
      /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n[^]*\n10\.88\.0\.1\tbox\.boxes\.default\.svc\.cluster\.local\tbox\n\n# Entries added by HostAliases\.\n1\.2\.3\.4\tone\ttwo\n$/,
    );
  });

  it('in the network of the node has the address of the node', async () => {
    rig.createPod({ hostNetwork: true, dnsPolicy: 'ClusterFirst' });
    await rig.advance(2_000);
    expect(rig.pod()?.status?.podIP).toBe('192.168.0.2');
    const config = rig.cri.sandboxes.get('sandbox-1')?.config;
    expect(config?.hostname).toBe('');
    expect(config?.dnsConfig?.servers).toEqual(['192.168.0.1']);
    expect(rig.node.files.text('/var/lib/kubelet/pods/pod-uid-1/etc-hosts')).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n',
    );
  });

  it('has the handler of its RuntimeClass', async () => {
    rig.api.put(resources.runtimeClasses, { metadata: { name: 'vm' }, handler: 'kata' });
    rig.createPod({ runtimeClassName: 'vm' });
    await rig.advance(2_000);
    expect(rig.cri.sandboxes.get('sandbox-1')?.status.runtimeHandler).toBe('kata');
  });

  it('of an unknown RuntimeClass fails', async () => {
    rig.createPod({ runtimeClassName: 'none' });
    await rig.advance(2_000);
    expect(rig.events()[0]).toBe(
      'Warning FailedCreatePodSandBox Failed to create pod sandbox: failed to lookup runtimeclass "none": runtimeclasses.node.k8s.io "none" not found',
    );
  });
});
