import { describe, expect, it } from 'vitest';
import { formatTime } from '#kube/time.ts';
import type { ContainerStatus, Event, KubeObject, Node, Pod } from '#kube/types.ts';
import { testEpoch } from '#apiserver/testing/test-api.ts';
import { humanDuration } from '#kube/human-duration.ts';
import { printerOf } from './printers.ts';

const now = testEpoch;
const ago = (seconds: number) => formatTime(now - seconds * 1000);

describe('humanDuration', () => {
  it.each([
    [-2000, '<invalid>'],
    [-1000, '0s'],
    [0, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [125_000, '2m5s'],
    [600_000, '10m'],
    [179 * 60_000, '179m'],
    [180 * 60_000, '3h'],
    [181 * 60_000, '3h1m'],
    [8 * 3_600_000, '8h'],
    [47 * 3_600_000, '47h'],
    [48 * 3_600_000, '2d'],
    [49 * 3_600_000, '2d1h'],
    [8 * 86_400_000, '8d'],
    [729 * 86_400_000, '729d'],
    [730 * 86_400_000, '2y'],
    [731 * 86_400_000, '2y1d'],
    [3000 * 86_400_000, '8y'],
  ])('of %i ms is %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

function cells(object: KubeObject): unknown[] {
  return printerOf(object.kind ?? '').row(object, now).cells;
}

function container(name: string, state: ContainerStatus['state'], more = {}): ContainerStatus {
  const status = { name, image: 'i', imageID: '', ready: false, restartCount: 0, ...more };
  return { ...status, ...(state ? { state } : {}) };
}

function pod(status: Pod['status'], more: Partial<Pod> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', creationTimestamp: ago(90) },
    spec: { containers: [{ name: 'a' }, { name: 'b' }] },
    ...more,
    ...(status ? { status } : {}),
  };
}

const running = { running: { startedAt: ago(60) } };
const withInit = (count: number) => ({
  spec: {
    containers: [{ name: 'a' }],
    initContainers: Array.from({ length: count }, (_, at) => ({ name: `i${at}` })),
  },
});
const deleted = { metadata: { name: 'p', creationTimestamp: ago(90), deletionTimestamp: ago(1) } };

describe('the table of pods', () => {
  it.each<[what: string, pod: Pod, ready: string, status: string, restarts: string]>([
    ['pending', pod({ phase: 'Pending' }), '0/2', 'Pending', '0'],
    [
      'running',
      pod({
        phase: 'Running',
        containerStatuses: [
          container('a', running, { ready: true }),
          container('b', running, { ready: true }),
        ],
      }),
      '2/2',
      'Running',
      '0',
    ],
    [
      'creating',
      pod({
        phase: 'Pending',
        containerStatuses: [container('a', { waiting: { reason: 'ContainerCreating' } })],
      }),
      '0/2',
      'ContainerCreating',
      '0',
    ],
    [
      'crashing, with the time of the last end',
      pod({
        phase: 'Running',
        containerStatuses: [
          container(
            'a',
            { waiting: { reason: 'CrashLoopBackOff' } },
            {
              restartCount: 3,
              lastState: { terminated: { exitCode: 1, finishedAt: ago(300) } },
            },
          ),
          container('b', running, {
            ready: true,
            restartCount: 1,
            lastState: { terminated: { exitCode: 1, finishedAt: ago(500) } },
          }),
        ],
      }),
      '1/2',
      'CrashLoopBackOff',
      '4 (5m ago)',
    ],
    [
      'ended without a reason',
      pod({
        phase: 'Failed',
        containerStatuses: [container('a', { terminated: { exitCode: 3 } })],
      }),
      '0/2',
      'ExitCode:3',
      '0',
    ],
    [
      'ended by a signal',
      pod({
        phase: 'Failed',
        containerStatuses: [container('a', { terminated: { exitCode: 137, signal: 9 } })],
      }),
      '0/2',
      'Signal:9',
      '0',
    ],
    [
      'one completed, one running and ready',
      pod({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          container('a', { terminated: { exitCode: 0, reason: 'Completed' } }),
          container('b', running, { ready: true }),
        ],
      }),
      '1/2',
      'Running',
      '0',
    ],
    [
      'one completed, one running, the pod not ready',
      pod({
        phase: 'Running',
        containerStatuses: [
          container('a', { terminated: { exitCode: 0, reason: 'Completed' } }),
          container('b', running, { ready: true }),
        ],
      }),
      '1/2',
      'NotReady',
      '0',
    ],
    ['evicted', pod({ phase: 'Failed', reason: 'Evicted' }), '0/2', 'Evicted', '0'],
    ['being deleted', pod({ phase: 'Running' }, deleted), '0/2', 'Terminating', '0'],
    [
      'being deleted when done',
      pod(
        {
          phase: 'Succeeded',
          containerStatuses: [container('a', { terminated: { exitCode: 0, reason: 'Completed' } })],
        },
        deleted,
      ),
      '0/2',
      'Completed',
      '0',
    ],
    [
      'lost with its node',
      pod({ phase: 'Running', reason: 'NodeLost' }, deleted),
      '0/2',
      'Unknown',
      '0',
    ],
    [
      'held by a gate',
      pod({
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      }),
      '0/2',
      'SchedulingGated',
      '0',
    ],
    [
      'in its second init container',
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [
            container('i0', { terminated: { exitCode: 0, reason: 'Completed' } }),
            container('i1', running),
          ],
          containerStatuses: [container('a', { waiting: { reason: 'PodInitializing' } })],
        },
        withInit(2),
      ),
      '0/1',
      'Init:1/2',
      '0',
    ],
    [
      'with an init container that fails',
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [
            container('i0', { terminated: { exitCode: 2, reason: 'Error' } }, { restartCount: 2 }),
          ],
        },
        withInit(1),
      ),
      '0/1',
      'Init:Error',
      '2',
    ],
    [
      'with an init container that waits to be tried again',
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [container('i0', { waiting: { reason: 'CrashLoopBackOff' } })],
        },
        withInit(1),
      ),
      '0/1',
      'Init:CrashLoopBackOff',
      '0',
    ],
    [
      'with an init container that ended by a signal',
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [container('i0', { terminated: { exitCode: 137, signal: 9 } })],
        },
        withInit(1),
      ),
      '0/1',
      'Init:Signal:9',
      '0',
    ],
    [
      'running with a ready sidecar, counting only its restarts of the init containers',
      pod(
        {
          phase: 'Running',
          initContainerStatuses: [
            container('i0', running, { ready: true, started: true, restartCount: 1 }),
          ],
          containerStatuses: [container('a', running, { ready: true, restartCount: 1 })],
        },
        {
          spec: {
            containers: [{ name: 'a' }],
            initContainers: [{ name: 'i0', restartPolicy: 'Always' }],
          },
        },
      ),
      '2/2',
      'Running',
      '2',
    ],
  ])('shows one %s', (_what, object, ready, status, restarts) => {
    expect(cells(object).slice(0, 5)).toEqual(['p', ready, status, restarts, '90s']);
  });

  it('has the wide columns', () => {
    const object = pod(
      {
        podIPs: [{ ip: '10.0.0.7' }],
        conditions: [{ type: 'one', status: 'True' }],
        nominatedNodeName: 'm',
      },
      {
        spec: {
          nodeName: 'n',
          containers: [],
          readinessGates: [{ conditionType: 'one' }, { conditionType: 'two' }],
        },
      },
    );
    expect(cells(object).slice(5)).toEqual(['10.0.0.7', 'n', 'm', '1/2']);
    expect(cells(pod({})).slice(5)).toEqual(['<none>', '<none>', '<none>', '<none>']);
  });

  it('marks the rows of those that ended', () => {
    const row = (phase: string) => printerOf('Pod').row(pod({ phase }), now).conditions;
    expect(row('Succeeded')).toEqual([
      {
        type: 'Completed',
        status: 'True',
        reason: 'Succeeded',
        message: 'The pod has completed successfully.',
      },
    ]);
    expect(row('Failed')?.[0]?.reason).toBe('Failed');
    expect(row('Running')).toBeUndefined();
  });
});

describe('the other tables', () => {
  const node: Node = {
    kind: 'Node',
    metadata: {
      name: 'node-1',
      creationTimestamp: ago(7200),
      labels: {
        'node-role.kubernetes.io/worker': '',
        'node-role.kubernetes.io/control-plane': '',
        'kubernetes.io/role': 'extra',
      },
    },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.2.15' }],
      nodeInfo: {
        architecture: '386',
        bootID: '',
        containerRuntimeVersion: 'sandglass://0.1',
        kernelVersion: '6.1.0',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.0',
        machineID: '',
        operatingSystem: 'linux',
        osImage: '',
        systemUUID: '',
      },
    },
  };

  it('show nodes', () => {
    expect(cells(node)).toEqual([
      'node-1',
      'Ready,SchedulingDisabled',
      'control-plane,extra,worker',
      '120m',
      'v1.36.0',
      '10.0.2.15',
      '<none>',
      '<unknown>',
      '6.1.0',
      'sandglass://0.1',
    ]);
    expect(cells({ kind: 'Node', metadata: { name: 'n' } }).slice(0, 5)).toEqual([
      'n',
      'Unknown',
      '<none>',
      '<unknown>',
      '',
    ]);
  });

  it.each<[string, Partial<Event>, unknown[]]>([
    [
      'of the old kind',
      {
        firstTimestamp: ago(600),
        lastTimestamp: ago(60),
        count: 4,
        source: { component: 'kubelet', host: 'node-1' },
      },
      ['60s', 'Normal', 'R', 'pod/p', 'spec.x', 'kubelet, node-1', 'said', '10m', 4, 'e'],
    ],
    [
      'of the new kind',
      { eventTime: ago(30), reportingComponent: 'default-scheduler' },
      ['30s', 'Normal', 'R', 'pod/p', 'spec.x', 'default-scheduler', 'said', '30s', 1, 'e'],
    ],
    [
      'in a series',
      { eventTime: ago(30), series: { count: 7, lastObservedTime: ago(3) } },
      ['3s', 'Normal', 'R', 'pod/p', 'spec.x', '', 'said', '30s', 7, 'e'],
    ],
  ])('show events %s', (_what, more, expected) => {
    const event: Event = {
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.x' },
      type: 'Normal',
      reason: 'R',
      message: ' said\n',
      ...more,
    };
    expect(cells(event)).toEqual(expected);
  });

  it.each<[KubeObject & Record<string, unknown>, unknown[]]>([
    [
      { kind: 'Namespace', metadata: { name: 'n' }, status: { phase: 'Active' } },
      ['n', 'Active', '<unknown>'],
    ],
    [
      { kind: 'Secret', metadata: { name: 's' }, type: 'Opaque', data: { a: '', b: '' } },
      ['s', 'Opaque', 2, '<unknown>'],
    ],
    [
      { kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '' }, binaryData: { b: '' } },
      ['c', 2, '<unknown>'],
    ],
    [
      { kind: 'Lease', metadata: { name: 'l' }, spec: { holderIdentity: 'me' } },
      ['l', 'me', '<unknown>'],
    ],
    [
      { kind: 'RuntimeClass', metadata: { name: 'r' }, handler: 'kata' },
      ['r', 'kata', '<unknown>'],
    ],
    [
      {
        kind: 'PodMetrics',
        metadata: { name: 'm' },
        timestamp: '',
        window: '10s',
        containers: [
          { name: 'a', usage: { cpu: '1500000n', memory: '1024Ki' } },
          { name: 'b', usage: { cpu: '500000n', memory: '1024Ki' } },
        ],
      },
      ['m', '2m', '2Mi', '10s'],
    ],
  ])('show %j', (object, expected) => {
    expect(cells(object)).toEqual(expected);
    expect(printerOf(object.kind ?? '').columns).toHaveLength(expected.length);
  });
});
