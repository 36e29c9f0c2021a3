import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { Pod, PodSpec } from '#kube/types.ts';
import { container, namespace } from './pods.ts';
import { TestCluster } from './test-cluster.ts';

/** The same manifest by each of these handlers; the first is what the others are held to. */
const handlers = ['crun', 'kata-template', 'kata-fc', 'kata-qemu'] as const;
type Handler = (typeof handlers)[number];
const machines = handlers.slice(1);

const image = 'busybox:1.36';
const stays = 'trap "exit 0" TERM; echo out; echo err >&2; sleep 4242 & wait';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start();
  await cluster.client.create(resources.runtimeClasses, {
    metadata: { name: 'crun' },
    handler: 'crun',
  });
  await cluster.client.create(resources.configMaps, {
    metadata: { name: 'settings', namespace },
    data: { colour: 'blue', size: 'large' },
  });
  await cluster.client.create(resources.secrets, {
    metadata: { name: 'key', namespace },
    data: { word: Buffer.from('sesame').toString('base64') },
  });
  for (const handler of handlers) await cluster.createPod(handler, manifest(handler));
  for (const handler of handlers) await cluster.ready(handler);
});

afterAll(() => {
  cluster.stop();
});

function manifest(runtimeClassName: string): Partial<PodSpec> {
  return {
    runtimeClassName,
    hostname: 'twin',
    securityContext: { fsGroup: 2000, supplementalGroups: [3000] },
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory' } },
      { name: 'settings', configMap: { name: 'settings', defaultMode: 0o640 } },
      { name: 'key', secret: { secretName: 'key', items: [{ key: 'word', path: 'the/word' }] } },
      { name: 'node', hostPath: { path: '/root/of-the-node', type: 'DirectoryOrCreate' } },
    ],
    initContainers: [
      {
        ...container('first', 'echo prepared > /scratch/first; id -u > /scratch/user'),
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      },
    ],
    containers: [
      {
        ...container('main', stays),
        workingDir: '/scratch',
        env: [
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'PLAIN', value: 'with "quotes" and $(NODE)' },
        ],
        resources: { limits: { memory: '32Mi', cpu: '500m' }, requests: { cpu: '10m' } },
        lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo begun > /scratch/hook'] } } },
        volumeMounts: [
          { name: 'scratch', mountPath: '/scratch' },
          { name: 'memory', mountPath: '/memory' },
          { name: 'settings', mountPath: '/settings', readOnly: true },
          { name: 'settings', mountPath: '/one/size', subPath: 'size' },
          { name: 'key', mountPath: '/key' },
          { name: 'node', mountPath: '/node', readOnly: true },
        ],
      },
      {
        ...container('locked', stays),
        securityContext: {
          runAsUser: 1000,
          runAsGroup: 1001,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
        },
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      },
    ],
  };
}

/** What a command in a container says and how it ends; what is different in any two pods is named alike. */
async function observe(handler: Handler, inContainer: string, script: string): Promise<string> {
  const { metadata, status } = (await cluster.pod(handler)) ?? expect.fail();
  const said = await cluster.shell(
    `kubectl exec ${handler} -c ${inContainer} -- sh -c '${script.replaceAll("'", `'\\''`)}' 2>&1; echo "ends with $?"`,
  );
  return said
    .replaceAll(status?.podIP ?? expect.fail(), 'ADDRESS')
    .replaceAll(metadata?.uid ?? expect.fail(), 'UID')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'ID');
}

const alike: readonly [what: string, inContainer: string, script: string][] = [
  ['the user', 'main', 'id; umask'],
  ['the user that it is given', 'locked', 'id; umask'],
  [
    'capabilities and filters',
    'main',
    'grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/1/status',
  ],
  [
    'capabilities that are dropped',
    'locked',
    'grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/1/status',
  ],
  ['the environment', 'main', 'env | sort'],
  ['the directory', 'main', 'pwd'],
  [
    'the host name and who is known by it',
    'main',
    'hostname; cat /etc/hostname; grep -v ^# /etc/hosts',
  ],
  ['name servers', 'main', 'cat /etc/resolv.conf'],
  ['its first process', 'main', 'tr "\\0" " " < /proc/1/cmdline; readlink /proc/1/exe'],
  ['its processes', 'main', 'ps -o args | grep -v "ps -o"'],
  ['its control group', 'main', 'cat /proc/1/cgroup'],
  ['its limits', 'main', 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max'],
  [
    'devices',
    'main',
    "ls -ln /dev | awk '/^c/ { print $1, $3, $4, $5, $6, $NF }'; ls -ld /dev/shm /dev/mqueue | cut -c 1-10",
  ],
  ['links of the network', 'main', 'ls /sys/class/net'],
  ['routes', 'main', 'ip route'],
  ['what the init container left', 'main', 'cat /scratch/first /scratch/user'],
  ['what the hook left', 'main', 'cat /scratch/hook'],
  ['a ConfigMap', 'main', 'ls -lnL /settings | grep -v ^total | cut -c 1-30; cat /settings/*'],
  ['a ConfigMap that is written to', 'main', 'echo x > /settings/colour'],
  ['one file of a ConfigMap', 'main', 'cat /one/size; ls /one'],
  ['a Secret', 'main', 'cat /key/the/word; stat -L -c "%a %u %g" /key/the/word'],
  ['a directory of the node that is written to', 'main', 'echo x > /node/file'],
  ['the group of a volume', 'main', 'stat -c "%a %g" /scratch; stat -c "%g" /memory'],
  ['a volume in memory', 'main', 'echo kept > /memory/file; cat /memory/file'],
  [
    'a file of another container',
    'locked',
    'cat /scratch/first; echo by-1000 > /scratch/theirs; stat -c "%u %g" /scratch/theirs',
  ],
  ['a root that is read only', 'locked', 'echo x > /file; ls /file'],
  [
    'files of all kinds',
    'main',
    'cd /root; mkfifo pipe; ln -s nowhere link; mkdir -m 700 dir; echo a > file; ln file other; chown 7:8 file; for f in pipe link dir file other; do stat -c "%n %F %a %h %u %g %t:%T" $f; done',
  ],
  [
    'a rename over an open file',
    'main',
    'cd /tmp; echo old > a; echo new > b; exec 3< a; mv b a; cat <&3; cat a',
  ],
  [
    'a removed file that is open',
    'main',
    'cd /tmp; echo still > c; exec 3< c; rm c; cat <&3; ls c',
  ],
  [
    'a large sparse file',
    'main',
    'truncate -s 1G /root/sparse; stat -c %s /root/sparse; rm /root/sparse',
  ],
  [
    'masked files',
    'main',
    'wc -c < /proc/kcore; cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware',
  ],
  ['files of the kernel that are written to', 'main', 'echo 1 > /proc/sys/kernel/core_pattern'],
  ['a mount', 'main', 'mount -t tmpfs none /mnt'],
  ['a raw socket', 'locked', 'ping -c 1 -W 1 127.0.0.1'],
  ['its own name by the network', 'main', 'ping -c 1 -W 2 twin | head -1'],
  ['a process that kills itself', 'main', 'kill -9 $$'],
  ['an end', 'main', 'exit 7'],
  ['a program that is not there', 'main', 'nosuch'],
  ['both streams', 'main', 'echo to-out; echo to-err >&2'],
];

describe.each(machines)('a pod by %s and the same by crun', (machine) => {
  it.each(alike)('have in common: %s', async (_what, inContainer, script) => {
    const expected = await observe('crun', inContainer, script);
    expect(await observe(machine, inContainer, script)).toBe(expected);
  });

  it.each([
    ['the kernel', 'cat /proc/version'],
    ['the boot', 'cat /proc/sys/kernel/random/boot_id'],
    ['the memory there is', 'grep MemTotal /proc/meminfo'],
    ['what the root is', 'awk \'$2 == "/" { print $3 }\' /proc/mounts'],
    ['what the kernel was told', 'cat /proc/cmdline'],
    ['what the kernel does with packets', 'cat /proc/sys/net/ipv4/ip_forward'],
    ['what a volume in memory is', 'awk \'$2 == "/memory" { print $3 }\' /proc/mounts'],
    ['nodes of devices', 'mknod /root/null c 1 3 2> /dev/null && echo made || echo refused'],
  ])('differ in: %s', async (_what, script) => {
    const [namespaces, theirs] = [
      await observe('crun', 'main', script),
      await observe(machine, 'main', script),
    ];
    expect(namespaces).toMatch(/\nends with 0\n$/);
    expect(theirs).toMatch(/\nends with 0\n$/);
    expect(theirs).not.toBe(namespaces);
  });

  it('differ in what the node sees of their processes', async () => {
    const sleeps = `sleep ${1_000 + handlers.indexOf(machine)}`;
    const look = async (handler: Handler) => {
      const inPod = (command: string) => cluster.shell(`kubectl exec ${handler} -- ${command}`);
      await inPod(`sh -c '${sleeps} > /dev/null 2>&1 < /dev/null &'`);
      const own = (await inPod(`pgrep -f '^${sleeps}$'`)).split('\n').length - 1;
      const onNode = Number(await cluster.shell(`pgrep -fxc '${sleeps}'; true`));
      await inPod(`pkill -f '^${sleeps}$'`);
      return { own, onNode };
    };
    expect(await look('crun')).toEqual({ own: 1, onNode: 1 });
    expect(await look(machine)).toEqual({ own: 1, onNode: 0 });
  });
});

/** How pods end that end by themselves. */
const ends: Record<string, string> = {
  'by-itself': 'echo last words > /dev/termination-log; echo said; exit 3',
  'by-a-signal': 'kill -9 $$',
  well: 'echo done',
  'out-of-memory': 'tail /dev/zero',
};

describe('pods that end', () => {
  const endOf = async (name: string) => {
    const { status } = await cluster.podWhen(name, 'over', ({ status: { phase } = {} }) =>
      ['Succeeded', 'Failed'].includes(phase ?? ''),
    );
    const { exitCode, reason, message, signal } =
      status?.containerStatuses?.[0]?.state?.terminated ?? {};
    const logs = await cluster.shell(`kubectl logs ${name} 2> /dev/null; true`);
    await cluster.deletePod(name);
    return { phase: status?.phase, exitCode, reason, message, signal, logs };
  };
  const ended = async (name: string, runtimeClassName: string, script: string) => {
    const pod: Partial<PodSpec> = {
      runtimeClassName,
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image,
          command: ['sh', '-c', script],
          resources: { limits: { memory: '16Mi' } },
        },
      ],
    };
    await cluster.createPod(name, pod);
    return endOf(name);
  };

  it.each(Object.entries(ends))('%s do so alike', async (name, script) => {
    const expected = await ended(`${name}-crun`, 'crun', script);
    expect(await ended(`${name}-kata`, 'kata-template', script)).toEqual(expected);
  });

  it('that cannot begin say why, each in its runtime’s words', async () => {
    const waiting = async (runtimeClassName: string) => {
      const name = `unknown-${runtimeClassName}`;
      await cluster.createPod(name, {
        runtimeClassName,
        restartPolicy: 'Never',
        containers: [{ name: 'main', image, command: ['/nosuch'] }],
      });
      const { exitCode, reason, message } = await endOf(name);
      return { exitCode, reason, names: message?.includes('/nosuch') };
    };
    const expected = await waiting('crun');
    expect(expected.names).toBe(true);
    expect(await waiting('kata-template')).toEqual(expected);
  });
});

it('write to the node’s kernel from a privileged container, and to a machine’s own', async () => {
  const setting = '/proc/sys/kernel/core_pattern';
  const before = await cluster.shell(`cat ${setting}`);
  const written = async (runtimeClassName: string): Promise<string> => {
    const name = `privileged-${runtimeClassName}`;
    const spec: Pod['spec'] = {
      runtimeClassName,
      terminationGracePeriodSeconds: 1,
      containers: [{ ...container('main', stays), securityContext: { privileged: true } }],
    };
    await cluster.createPod(name, spec);
    await cluster.ready(name);
    await cluster.shell(`kubectl exec ${name} -- sh -c 'echo of-${name} > ${setting}'`);
    expect(await cluster.shell(`kubectl exec ${name} -- cat ${setting}`)).toBe(`of-${name}\n`);
    const onNode = await cluster.shell(`cat ${setting}`);
    await cluster.deletePod(name);
    return onNode;
  };
  expect(await written('kata-template')).toBe(before);
  expect(await written('crun')).toBe('of-privileged-crun\n');
  await cluster.shell(`printf %s '${before.trim()}' > ${setting}`);
});
