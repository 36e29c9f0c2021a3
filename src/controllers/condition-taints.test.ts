import { describe, expect, it } from 'vitest';
import type { Node, Taint } from '#kube/types.ts';
import { wantedTaints, withTaints } from './condition-taints.ts';

const now = '2026-01-01T00:00:00Z';

function nodeWith(conditions: Readonly<Record<string, string>>, unschedulable = false): Node {
  return {
    spec: { unschedulable },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
  };
}

describe('the taints of a node’s conditions', () => {
  it.each<[string, Node, string[]]>([
    ['ready, with room', nodeWith({ Ready: 'True', MemoryPressure: 'False' }), []],
    ['not ready', nodeWith({ Ready: 'False' }), ['node.kubernetes.io/not-ready']],
    ['silent', nodeWith({ Ready: 'Unknown' }), ['node.kubernetes.io/unreachable']],
    [
      'full',
      nodeWith({ Ready: 'True', DiskPressure: 'True', PIDPressure: 'True' }),
      ['node.kubernetes.io/disk-pressure', 'node.kubernetes.io/pid-pressure'],
    ],
    ['cordoned', nodeWith({ Ready: 'True' }, true), ['node.kubernetes.io/unschedulable']],
    ['without a word', {}, []],
  ])('of one that is %s', (_what, node, taints) => {
    expect(wantedTaints(node)).toEqual(taints);
  });

  it('come and go without touching what others have set', () => {
    const foreign: Taint[] = [
      { key: 'disk', value: 'bad', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
    ];
    const tainted = withTaints(foreign, ['node.kubernetes.io/not-ready'], now);
    const added = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: now };
    expect(tainted).toEqual([...foreign, added]);
    expect(withTaints(tainted ?? [], ['node.kubernetes.io/not-ready'], 'later')).toBeUndefined();
    expect(withTaints(tainted ?? [], [], now)).toEqual(foreign);
    expect(withTaints(foreign, [], now)).toBeUndefined();
  });
});
