import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodSpec } from '#kube/types.ts';
import { NodeInfo } from './node-info.ts';
import { selectNode } from './select-node.ts';

const room = { cpu: '1', memory: '256Mi', pods: '4' };

function node(name: string, more: Partial<Node> = {}, allocatable = room): Node {
  return { metadata: { name, labels: { name } }, status: { allocatable }, ...more };
}

function pod(name: string, spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c' }], ...spec },
  };
}

function asking(cpu: string, memory = '1Mi', more: Partial<PodSpec> = {}): Partial<PodSpec> {
  return { containers: [{ name: 'c', resources: { requests: { cpu, memory } } }], ...more };
}

function affinity(key: string, operator: string, ...values: string[]): Partial<PodSpec> {
  const nodeSelectorTerms = [{ matchExpressions: [{ key, operator, values }] }];
  return {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  };
}

const port = (hostPort: number, more = {}): Partial<PodSpec> => ({
  containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, ...more }] }],
});

const tainted = node('n', {
  spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] },
});
const sized = node('n', { metadata: { name: 'n', labels: { size: '5', zone: 'a' } } });

describe('selectNode', () => {
  it.each<[what: string, spec: Partial<PodSpec>, node: Node, taken: Pod[]]>([
    ['asks for nothing', {}, node('n'), []],
    ['asks for all there is', asking('1', '256Mi'), node('n'), []],
    [
      'tolerates the taint',
      { tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' }] },
      tainted,
      [],
    ],
    ['tolerates its key', { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }, tainted, []],
    ['tolerates everything', { tolerations: [{ operator: 'Exists' }] }, tainted, []],
    [
      'need not mind a preference',
      {},
      node('n', { spec: { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] } }),
      [],
    ],
    [
      'tolerates a cordon',
      { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
      node('n', { spec: { unschedulable: true } }),
      [],
    ],
    ['selects its label', { nodeSelector: { zone: 'a' } }, sized, []],
    ['is in the list', affinity('zone', 'In', 'b', 'a'), sized, []],
    ['is not in the list', affinity('zone', 'NotIn', 'b'), sized, []],
    ['has the label', affinity('zone', 'Exists'), sized, []],
    ['does not have the label', affinity('none', 'DoesNotExist'), sized, []],
    ['is large enough', affinity('size', 'Gt', '4'), sized, []],
    ['is small enough', affinity('size', 'Lt', '6'), sized, []],
    [
      'wants a port of another protocol',
      port(53, { protocol: 'UDP' }),
      node('n'),
      [pod('t', port(53))],
    ],
    [
      'wants a port at another address',
      port(80, { hostIP: '10.0.0.1' }),
      node('n'),
      [pod('t', port(80, { hostIP: '10.0.0.2' }))],
    ],
  ])('places a pod that %s', (_what, spec, target, taken) => {
    expect(selectNode(pod('p', spec), [new NodeInfo(target, taken)])).toEqual({ node: 'n' });
  });

  const helpless = 'Preemption is not helpful for scheduling';
  const victimless = 'No preemption victims found for incoming pod';

  it.each<
    [what: string, spec: Partial<PodSpec>, node: Node, taken: Pod[], why: string, then: string]
  >([
    ['wants more than the node has', asking('2'), node('n'), [], 'Insufficient cpu', helpless],
    [
      'wants more than is left',
      asking('600m'),
      node('n'),
      [pod('t', asking('500m'))],
      'Insufficient cpu',
      victimless,
    ],
    [
      'costs more than is left by its runtime',
      asking('600m', '1Mi', { overhead: { cpu: '500m' } }),
      node('n'),
      [],
      'Insufficient cpu',
      helpless,
    ],
    [
      'lacks two things',
      asking('2', '1Gi'),
      node('n'),
      [],
      'Insufficient cpu, 1 Insufficient memory',
      helpless,
    ],
    [
      'wants what no node has',
      { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '1' } } }] },
      node('n'),
      [],
      'Insufficient example.com/gpu',
      helpless,
    ],
    [
      'is one too many',
      {},
      node('n', {}, { ...room, pods: '1' }),
      [pod('t')],
      'Too many pods',
      victimless,
    ],
    ['meets a taint', {}, tainted, [], 'node(s) had untolerated taint(s)', helpless],
    [
      'tolerates another value',
      { tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'web' }] },
      tainted,
      [],
      'node(s) had untolerated taint(s)',
      helpless,
    ],
    [
      'tolerates another effect',
      { tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }] },
      tainted,
      [],
      'node(s) had untolerated taint(s)',
      helpless,
    ],
    [
      'meets a cordon',
      {},
      node('n', { spec: { unschedulable: true } }),
      [],
      'node(s) were unschedulable',
      helpless,
    ],
    [
      'selects another label',
      { nodeSelector: { zone: 'b' } },
      sized,
      [],
      "node(s) didn't match Pod's node affinity/selector",
      helpless,
    ],
    [
      'has no term that fits',
      affinity('size', 'Gt', '5'),
      sized,
      [],
      "node(s) didn't match Pod's node affinity/selector",
      helpless,
    ],
    [
      'wants a port that is taken',
      port(80, { hostIP: '10.0.0.1' }),
      node('n'),
      [pod('t', port(80))],
      "node(s) didn't have free ports for the requested pod ports",
      victimless,
    ],
  ])('refuses a pod that %s', (_what, spec, target, taken, why, then) => {
    expect(selectNode(pod('p', spec), [new NodeInfo(target, taken)])).toEqual({
      reason: `0/1 nodes are available: 1 ${why}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 ${then}.`,
    });
  });

  it('counts and sorts the reasons of several nodes', () => {
    const nodes = [
      new NodeInfo(tainted, []),
      new NodeInfo(node('a'), [pod('t', asking('900m'))]),
      new NodeInfo(node('b'), [pod('t', asking('900m'))]),
    ];
    expect(selectNode(pod('p', asking('500m')), nodes).reason).toBe(
      '0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.',
    );
    expect(selectNode(pod('p'), []).reason).toBe('no nodes available to schedule pods');
  });

  it('takes the node with the most room, counting pods that ask for nothing as something', () => {
    const nodes = [
      new NodeInfo(node('busy'), [pod('t', asking('500m', '100Mi'))]),
      new NodeInfo(node('free'), [pod('t', asking('100m', '10Mi'))]),
      new NodeInfo(node('crowded'), [pod('t'), pod('u'), pod('v')]),
    ];
    expect(selectNode(pod('p', asking('100m')), nodes)).toEqual({ node: 'free' });
  });
});
