import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { patchSchemaOf } from './definition-schema.ts';
import { strategicMerge } from './strategic-merge.ts';

interface Case {
  what: string;
  spec: JsonObject;
  patch: JsonObject;
  result: JsonObject;
}

const nginx = { name: 'nginx', image: 'nginx' };
const redis = { name: 'redis', image: 'redis' };
const sidecar = { name: 'sidecar', image: 'log' };

/** The examples of upstream's documents: "Update API Objects in Place Using kubectl patch" and contributors/devel/sig-api-machinery/strategic-merge-patch.md. */
const podCases: Case[] = [
  {
    what: 'adds a container to those that are there',
    spec: { containers: [nginx] },
    patch: { containers: [redis] },
    result: { containers: [redis, nginx] },
  },
  {
    what: 'changes the container that has the name',
    spec: { containers: [nginx, redis] },
    patch: { containers: [{ name: 'redis', image: 'redis:7' }] },
    result: { containers: [nginx, { name: 'redis', image: 'redis:7' }] },
  },
  {
    what: 'replaces a list without a merge strategy',
    spec: { tolerations: [{ key: 'dedicated', operator: 'Exists' }], containers: [nginx] },
    patch: { tolerations: [{ key: 'disktype', operator: 'Exists' }] },
    result: { tolerations: [{ key: 'disktype', operator: 'Exists' }], containers: [nginx] },
  },
  {
    what: 'takes out an element by $patch: delete',
    spec: { containers: [nginx, sidecar] },
    patch: { containers: [{ name: 'sidecar', $patch: 'delete' }] },
    result: { containers: [nginx] },
  },
  {
    what: 'replaces a list by an element $patch: replace',
    spec: { containers: [nginx, sidecar] },
    patch: { containers: [redis, { $patch: 'replace' }] },
    result: { containers: [redis] },
  },
  {
    what: 'replaces a map by $patch: replace',
    spec: { nodeSelector: { a: '1', b: '2' } },
    patch: { nodeSelector: { $patch: 'replace', c: '3' } },
    result: { nodeSelector: { c: '3' } },
  },
  {
    what: 'empties a map by $patch: delete',
    spec: { nodeSelector: { a: '1' }, nodeName: 'n' },
    patch: { nodeSelector: { $patch: 'delete' } },
    result: { nodeSelector: {}, nodeName: 'n' },
  },
  {
    what: 'removes a member by null, and ignores a null for nothing',
    spec: { nodeName: 'n', hostNetwork: true },
    patch: { nodeName: null, hostname: null },
    result: { hostNetwork: true },
  },
  {
    what: 'drops nulls from what it adds',
    spec: {},
    patch: { securityContext: { runAsUser: 1, runAsGroup: null } },
    result: { securityContext: { runAsUser: 1 } },
  },
  {
    what: 'keeps only the named members of a union by $retainKeys',
    spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    patch: {
      volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/a' } }],
    },
    result: { volumes: [{ name: 'v', hostPath: { path: '/a' } }] },
  },
  {
    what: 'follows $setElementOrder, weaving in what only the server has where it stood',
    spec: { containers: [nginx, sidecar, redis] },
    patch: {
      '$setElementOrder/containers': [{ name: 'redis' }, { name: 'nginx' }],
      containers: [{ name: 'redis', image: 'redis:7' }],
    },
    result: { containers: [sidecar, { name: 'redis', image: 'redis:7' }, nginx] },
  },
  {
    what: 'reorders by $setElementOrder alone',
    spec: { containers: [nginx, redis] },
    patch: { '$setElementOrder/containers': [{ name: 'redis' }, { name: 'nginx' }] },
    result: { containers: [redis, nginx] },
  },
  {
    what: 'merges lists within merged elements by their own keys',
    spec: {
      containers: [{ ...nginx, env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] }],
    },
    patch: {
      containers: [
        {
          name: 'nginx',
          env: [{ name: 'B', value: '2' }],
          ports: [{ containerPort: 80, name: 'http' }],
        },
      ],
    },
    result: {
      containers: [
        {
          ...nginx,
          env: [
            { name: 'B', value: '2' },
            { name: 'A', value: '1' },
          ],
          ports: [{ containerPort: 80, name: 'http' }],
        },
      ],
    },
  },
];

const metaCases: { what: string; metadata: JsonObject; patch: JsonObject; result: JsonObject }[] = [
  {
    what: 'merges lists of plain values without doubling them',
    metadata: { finalizers: ['a', 'b'] },
    patch: { finalizers: ['b', 'c'] },
    result: { finalizers: ['a', 'b', 'c'] },
  },
  {
    what: 'takes plain values out by $deleteFromPrimitiveList',
    metadata: { finalizers: ['a', 'b', 'c'] },
    patch: { '$deleteFromPrimitiveList/finalizers': ['b', 'z'] },
    result: { finalizers: ['a', 'c'] },
  },
  {
    what: 'orders plain values by $setElementOrder',
    metadata: { finalizers: ['a', 'b'] },
    patch: { '$setElementOrder/finalizers': ['c', 'a'], finalizers: ['c'] },
    result: { finalizers: ['c', 'a', 'b'] },
  },
  {
    what: 'merges labels',
    metadata: { labels: { a: '1', b: '2' } },
    patch: { labels: { b: null, c: '3' } },
    result: { labels: { a: '1', c: '3' } },
  },
];

describe('strategicMerge', () => {
  const schema = patchSchemaOf('Pod');

  it.each(podCases)('$what', ({ spec, patch, result }) => {
    const original = Object.freeze({ spec });
    expect(strategicMerge(original, { spec: patch }, schema)).toEqual({ spec: result });
  });

  it.each(metaCases)('$what', ({ metadata, patch, result }) => {
    expect(strategicMerge({ metadata }, { metadata: patch }, schema)).toEqual({
      metadata: result,
    });
  });

  it('changes neither the original nor the patch', () => {
    const original: JsonObject = { spec: { containers: [{ ...nginx }], nodeSelector: { a: '1' } } };
    const patch: JsonObject = {
      spec: { containers: [{ name: 'nginx', image: 'nginx:2' }], nodeSelector: { a: null } },
    };
    const [before, patchBefore] = [structuredClone(original), structuredClone(patch)];
    strategicMerge(original, patch, schema);
    expect(original).toEqual(before);
    expect(patch).toEqual(patchBefore);
  });

  it.each<[string, Json, RegExp]>([
    ['a patch that is no object', [], /invalid JSON document/],
    [
      'an element without its merge key',
      { spec: { containers: [{ image: 'x' }] } },
      /^map: map\[image:x\] does not contain declared merge key: name$/,
    ],
    [
      'an unknown directive',
      { spec: { nodeSelector: { $patch: 'keep' } } },
      /unknown patch type: keep in map: map\[\]/,
    ],
    [
      'a directive list that is none',
      { metadata: { '$deleteFromPrimitiveList/finalizers': 'a' } },
      /invalid patch format of primitive list/,
    ],
    [
      'a kept-keys list that misses what the patch sets',
      { spec: { $retainKeys: ['nodeName'], hostname: 'h' } },
      /invalid patch format of retainKeys/,
    ],
    [
      'an order that the patch does not follow',
      {
        spec: {
          '$setElementOrder/containers': [{ name: 'a' }],
          containers: [{ name: 'b', image: 'b' }],
        },
      },
      /The order in patch list/,
    ],
  ])('refuses %s', (_what, patch, message) => {
    const original = {
      metadata: { finalizers: ['a'] },
      spec: { containers: [nginx], nodeSelector: {} },
    };
    expect(() => strategicMerge(original, patch, schema)).toThrow(message);
  });
});
