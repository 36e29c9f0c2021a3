import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodSpec, Toleration } from '#kube/types.ts';
import { hasHostPortConflict } from './host-ports.ts';
import { matchesNode } from './node-affinity.ts';
import { isTolerated, tolerationSeconds } from './taints.ts';

const node: Node = { metadata: { name: 'n', labels: { size: '10', zone: 'a', word: 'x' } } };

function pod(spec: Partial<PodSpec>): Pod {
  return { spec: { containers: [], ...spec } };
}

function affinity(...nodeSelectorTerms: object[]): Pod {
  const required = { nodeSelectorTerms } as never;
  return pod({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  });
}

const expression = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

describe('matchesNode', () => {
  it.each([
    ['nothing asked', pod({}), true],
    ['a label', pod({ nodeSelector: { zone: 'a' } }), true],
    ['another value', pod({ nodeSelector: { zone: 'b' } }), false],
    ['In', affinity(expression('zone', 'In', 'b', 'a')), true],
    ['In without the label', affinity(expression('rack', 'In', '')), false],
    ['NotIn', affinity(expression('zone', 'NotIn', 'a')), false],
    ['NotIn without the label', affinity(expression('rack', 'NotIn', 'a')), true],
    ['Exists', affinity(expression('zone', 'Exists')), true],
    ['Exists of what every object has', affinity(expression('toString', 'Exists')), false],
    ['DoesNotExist', affinity(expression('zone', 'DoesNotExist')), false],
    ['Gt', affinity(expression('size', 'Gt', '9')), true],
    ['Gt of the same', affinity(expression('size', 'Gt', '10')), false],
    ['Lt', affinity(expression('size', 'Lt', '11')), true],
    ['Lt of what is not whole', affinity(expression('size', 'Lt', '10.5')), false],
    ['Lt of an exponent', affinity(expression('size', 'Lt', '1e2')), false],
    ['Gt of nothing', affinity(expression('size', 'Gt', '')), false],
    ['Gt of a word', affinity(expression('word', 'Gt', '1')), false],
    ['another operator', affinity(expression('size', 'Eq', '10')), false],
    ['a term without anything', affinity({}), false],
    [
      'the second term',
      affinity(expression('zone', 'In', 'b'), expression('zone', 'Exists')),
      true,
    ],
    [
      'a field',
      affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }),
      true,
    ],
    [
      'both of a term',
      affinity({
        ...expression('zone', 'In', 'b'),
        matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
      }),
      false,
    ],
  ])('%s', (_what, asking, expected) => {
    expect(matchesNode(asking, node)).toBe(expected);
  });
});

describe('hasHostPortConflict', () => {
  const port = (hostPort: number, more: object = {}): Pod =>
    pod({ containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, ...more }] }] });
  const sidecar = (restartPolicy?: string): Pod =>
    pod({
      initContainers: [
        {
          name: 'i',
          ports: [{ containerPort: 80, hostPort: 80 }],
          ...(restartPolicy !== undefined && { restartPolicy }),
        },
      ],
    });

  it.each([
    ['the same port', port(80), port(80), true],
    ['another port', port(81), port(80), false],
    ['another protocol', port(80, { protocol: 'UDP' }), port(80), false],
    ['another address', port(80, { hostIP: '10.0.0.1' }), port(80, { hostIP: '10.0.0.2' }), false],
    ['one address of all', port(80, { hostIP: '10.0.0.1' }), port(80, { hostIP: '' }), true],
    ['none', port(0), port(0), false],
    ['a sidecar', sidecar('Always'), port(80), true],
    ['an init container, which is gone before', sidecar(), port(80), false],
  ])('%s', (_what, wanted, taken, expected) => {
    expect(hasHostPortConflict(wanted, [taken])).toBe(expected);
    expect(hasHostPortConflict(taken, [wanted])).toBe(expected);
  });
});

describe('taints', () => {
  const taint = { key: 'disk', value: 'bad', effect: 'NoExecute' };

  it.each<[what: string, toleration: Toleration, expected: boolean]>([
    ['the same', { key: 'disk', operator: 'Equal', value: 'bad', effect: 'NoExecute' }, true],
    ['no operator', { key: 'disk', value: 'bad' }, true],
    ['another value', { key: 'disk', value: 'good' }, false],
    ['any value', { key: 'disk', operator: 'Exists' }, true],
    ['another key', { key: 'net', operator: 'Exists' }, false],
    ['any key', { operator: 'Exists' }, true],
    ['another effect', { operator: 'Exists', effect: 'NoSchedule' }, false],
    ['another operator', { key: 'disk', operator: 'Gt', value: 'bad' }, false],
  ])('tolerates %s', (_what, toleration, expected) => {
    expect(isTolerated(taint, [toleration])).toBe(expected);
  });

  it.each<[what: string, tolerations: Toleration[], seconds: number]>([
    ['none', [], 0],
    ['one without end', [{ operator: 'Exists' }], Infinity],
    [
      'the first that fits',
      [{ key: 'disk', operator: 'Exists', tolerationSeconds: 60 }, { operator: 'Exists' }],
      60,
    ],
    ['one of two', [{ key: 'net', operator: 'Exists' }], 0],
    ['less than no time', [{ operator: 'Exists', tolerationSeconds: -5 }], 0],
    [
      'the shorter of two',
      [
        { key: 'disk', operator: 'Exists', tolerationSeconds: 60 },
        { key: 'net', operator: 'Exists', tolerationSeconds: 30 },
      ],
      30,
    ],
  ])('are tolerated with %s for so many seconds', (what, tolerations, seconds) => {
    const net = { key: 'net', effect: 'NoExecute' };
    expect(tolerationSeconds([taint, net], tolerations)).toBe(seconds);
    expect(tolerationSeconds([], tolerations), what).toBe(Infinity);
  });
});
