import { expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import { PodConfig, type PodUpdate } from './pod-config.ts';

const pod: Pod = { metadata: { uid: 'u1', name: 'web' }, spec: { containers: [] } };

it('lets a source that has no pods be heard once, and not at each of its looks', () => {
  const told: PodUpdate[] = [];
  const config = new PodConfig((update) => told.push(update));
  config.set('file', []);
  config.set('file', []);
  expect(told).toEqual([{ op: 'ADD', source: 'file', pods: [] }]);
  config.set('file', [pod]);
  config.set('file', []);
  config.set('file', []);
  expect(told.slice(1).map(({ op, pods }) => [op, pods.length])).toEqual([
    ['ADD', 1],
    ['REMOVE', 1],
  ]);
});

it('says nothing of no pods where the first look finds some', () => {
  const told: PodUpdate[] = [];
  new PodConfig((update) => told.push(update)).set('api', [pod]);
  expect(told.map(({ op, pods }) => [op, pods.length])).toEqual([['ADD', 1]]);
});
