import { expect, it } from 'vitest';
import { parseSurvey } from './node-survey.ts';

const text = [
  'clock\t100',
  'kernel\t6.1.192\t2f8a2f4e-6b3e-4d5c-9a67-0a4c1f6a9f10\t252000\t190000',
  'device\tvirtio10\tvirtio_net\teth0',
  'device\tvirtio9\t9pnet_virtio\thost9p',
  'process\t412\t410\tS\t64\t25\t9000\t1\t11\t12\t13\t14\t15\t16\t17\t/kubepods/podx/c1\thttpd\thttpd -f \\x1b[2J<b>',
  'cgroup\t/\t-\t-\t5000\t-\t-\t-',
  'cgroup\t/kubepods/podx\t4096\tmax\t1500\tmax 100000\t39\t3',
  'mount\t11\t/\t/etc/a\\040b\tro,relatime\ttmpfs\ttmpfs',
  'link\t13\t2\t9\t0\tup\tveth\teth0\t0a:00:00:00:00:01\t700\t80',
  'address\t13\t2\t10.88.0.5/16',
  'address\t99\t2\t10.0.0.1/8',
  'end',
  '',
].join('\n');

it('reads what the program tells', () => {
  expect(parseSurvey(text)).toEqual({
    kernel: {
      release: '6.1.192',
      bootId: '2f8a2f4e-6b3e-4d5c-9a67-0a4c1f6a9f10',
      memoryTotalBytes: 258_048_000,
      memoryAvailableBytes: 194_560_000,
    },
    devices: [
      { name: 'virtio9', driver: '9pnet_virtio', what: 'host9p' },
      { name: 'virtio10', driver: 'virtio_net', what: 'eth0' },
    ],
    processes: [
      {
        pid: 412,
        parentPid: 410,
        ownPid: 1,
        state: 'S',
        residentBytes: 65_536,
        cpuMilliseconds: 250,
        namespaces: { mnt: 11, pid: 12, net: 13, ipc: 14, uts: 15, cgroup: 16, user: 17 },
        cgroup: '/kubepods/podx/c1',
        name: 'httpd',
        commandLine: 'httpd -f \x1b[2J<b>',
      },
    ],
    cgroups: [
      { path: '/', cpuMilliseconds: 5 },
      {
        path: '/kubepods/podx',
        memoryBytes: 4096,
        cpuMilliseconds: 1.5,
        cpuMax: 'max 100000',
        cpuWeight: 39,
        processes: 3,
      },
    ],
    mounts: [
      {
        namespace: 11,
        root: '/',
        point: '/etc/a b',
        readOnly: true,
        type: 'tmpfs',
        source: 'tmpfs',
      },
    ],
    links: [
      {
        namespace: 13,
        index: 2,
        peer: 9,
        master: 0,
        up: true,
        kind: 'veth',
        name: 'eth0',
        hardwareAddress: '0a:00:00:00:00:01',
        addresses: ['10.88.0.5/16'],
        receivedBytes: 700,
        sentBytes: 80,
      },
    ],
  });
});

it('refuses what was cut short', () => {
  expect(() => parseSurvey(text.replace('end\n', ''))).toThrow('cut short');
});
