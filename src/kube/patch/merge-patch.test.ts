import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from './json-patch.ts';
import type { Json } from './json.ts';
import { mergePatch } from './merge-patch.ts';

/** RFC 7396, appendix A. */
const mergeCases: [target: Json, patch: Json, result: Json][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe('mergePatch', () => {
  it.each(mergeCases)('%j with %j is %j', (target, patch, result) => {
    expect(mergePatch(Object.freeze(target) as Json, patch)).toEqual(result);
  });
});

describe('applyJsonPatch', () => {
  const document = { metadata: { labels: { a: '1' } }, list: [1, 2] };

  it.each<[Json, Json]>([
    [
      [{ op: 'add', path: '/metadata/labels/b', value: '2' }],
      { metadata: { labels: { a: '1', b: '2' } }, list: [1, 2] },
    ],
    [[{ op: 'remove', path: '/list/0' }], { metadata: { labels: { a: '1' } }, list: [2] }],
    [
      [
        { op: 'test', path: '/metadata/labels/a', value: '1' },
        { op: 'replace', path: '/metadata/labels/a', value: '2' },
      ],
      { metadata: { labels: { a: '2' } }, list: [1, 2] },
    ],
    [
      [{ op: 'move', from: '/list/0', path: '/list/-' }],
      { metadata: { labels: { a: '1' } }, list: [2, 1] },
    ],
  ])('applies %j', (patch, result) => {
    expect(applyJsonPatch(document, patch)).toEqual(result);
    expect(document).toEqual({ metadata: { labels: { a: '1' } }, list: [1, 2] });
  });

  it.each<[string, Json, number]>([
    ['an object', { op: 'add' }, 400],
    ['a test that fails', [{ op: 'test', path: '/list/0', value: 9 }], 422],
    ['a path that is not there', [{ op: 'remove', path: '/none/here' }], 422],
    ['an unknown operation', [{ op: 'spin', path: '/list' }], 422],
    [
      'too many operations',
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: 1 })),
      413,
    ],
  ])('refuses %s', (_what, patch, code) => {
    expect(() => applyJsonPatch(document, patch)).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code }) as unknown }) as Error,
    );
  });
});
