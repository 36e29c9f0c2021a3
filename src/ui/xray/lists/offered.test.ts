import { expect, test } from 'vitest';
import { inReadersOrder } from './offered.ts';

test('what people write without a host comes first', () => {
  const names = [
    'gcr.io/a/image:1',
    'sandglass/toolbox:1',
    'registry.k8s.io/pause:3.10',
    'busybox:1.36',
    'localhost/mine',
    'host:5000/mine',
  ];
  expect(inReadersOrder(names)).toEqual([
    'busybox:1.36',
    'sandglass/toolbox:1',
    'gcr.io/a/image:1',
    'host:5000/mine',
    'localhost/mine',
    'registry.k8s.io/pause:3.10',
  ]);
});
