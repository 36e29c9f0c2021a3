import { beforeEach, describe, expect, it } from 'vitest';
import type { Node, PodSpec } from '#kube/types.ts';
import { startTestApi, testPod, type Answer, type TestApi } from '#apiserver/testing/test-api.ts';

const pods = '/api/v1/namespaces/default/pods';
const classes = '/apis/node.k8s.io/v1/runtimeclasses';
let send: TestApi['send'];

beforeEach(async () => {
  ({ send } = startTestApi());
  await send('POST', classes, {
    metadata: { name: 'kata' },
    handler: 'kata',
    overhead: { podFixed: { cpu: '250m', memory: '64Mi' } },
    scheduling: {
      nodeSelector: { vm: 'yes' },
      tolerations: [{ key: 'vm', operator: 'Exists', effect: 'NoSchedule' }],
    },
  });
  await send('POST', classes, { metadata: { name: 'runc' }, handler: 'runc' });
});

const specOf = ({ body }: Answer) => (body as { spec?: PodSpec }).spec;
const create = (spec: Partial<PodSpec>) => send('POST', pods, testPod('a', spec));

describe('admission', () => {
  it('gives a pod what its RuntimeClass says', async () => {
    const spec = specOf(await create({ runtimeClassName: 'kata', nodeSelector: { own: '1' } }));
    expect(spec).toMatchObject({
      overhead: { cpu: '250m', memory: '64Mi' },
      nodeSelector: { own: '1', vm: 'yes' },
    });
    expect(spec?.tolerations?.map(({ key }) => key)).toEqual([
      'vm',
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
    ]);
  });

  it('gives a pod the usual tolerations, priority and account', async () => {
    const spec = specOf(await create({}));
    expect(spec).toMatchObject({
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
    });
  });

  it('leaves tolerations that are there', async () => {
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 5 };
    const tolerations = [{ ...own, effect: 'NoExecute' }];
    const spec = specOf(await create({ tolerations }));
    expect(spec?.tolerations?.map(({ tolerationSeconds }) => tolerationSeconds)).toEqual([5, 300]);
    await send('DELETE', `${pods}/a`);
    const all = specOf(await create({ tolerations: [{ operator: 'Exists' }] }));
    expect(all?.tolerations).toHaveLength(1);
  });

  it('marks a new node as not ready, once', async () => {
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    const other = { key: 'disk', value: 'bad', effect: 'NoSchedule' };
    const make = async (name: string, taints: object[]) => {
      const { body } = await send('POST', '/api/v1/nodes', {
        metadata: { name },
        spec: { taints },
      });
      return (body as Node).spec?.taints;
    };
    expect(await make('a', [other])).toEqual([other, notReady]);
    expect(await make('b', [notReady])).toEqual([notReady]);
  });

  it('names no account on a mirror of a static pod', async () => {
    const pod = testPod('m', { nodeName: 'node-1' });
    const annotations = { 'kubernetes.io/config.mirror': 'hash' };
    const answer = await send('POST', pods, { ...pod, metadata: { ...pod.metadata, annotations } });
    expect(specOf(answer)?.serviceAccountName).toBeUndefined();
  });

  it('knows the two classes of the system', async () => {
    const spec = specOf(await create({ priorityClassName: 'system-node-critical' }));
    expect(spec?.priority).toBe(2_000_001_000);
  });

  it.each<[string, Partial<PodSpec>, string]>([
    [
      'an unknown RuntimeClass',
      { runtimeClassName: 'none' },
      'pod rejected: RuntimeClass "none" not found',
    ],
    [
      'overhead without a class that has some',
      { runtimeClassName: 'runc', overhead: { cpu: '1' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
    [
      'overhead other than its class has',
      { runtimeClassName: 'kata', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      'a node selector against its class',
      { runtimeClassName: 'kata', nodeSelector: { vm: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
    ],
    [
      'an unknown priority class',
      { priorityClassName: 'high' },
      'no PriorityClass with name high was found',
    ],
    [
      'a priority of its own',
      { priority: 7 },
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
    [
      'a preemption policy of its own',
      { preemptionPolicy: 'Never' },
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
  ])('forbids %s', async (_what, spec, why) => {
    const answer = await create(spec);
    expect([answer.code, answer.body.reason]).toEqual([403, 'Forbidden']);
    expect(answer.body.message).toBe(`pods "a" is forbidden: ${why}`);
    expect((await send('GET', `${pods}/a`)).code).toBe(404);
  });

  it('accepts overhead that is its class’s in other words', async () => {
    const overhead = { cpu: '0.25', memory: '65536Ki' };
    expect((await create({ runtimeClassName: 'kata', overhead })).code).toBe(201);
  });

  it('lets a pod that was read be written back', async () => {
    const { body } = await create({ runtimeClassName: 'kata' });
    const labels = { changed: 'yes' };
    const answer = await send('PUT', `${pods}/a`, {
      ...body,
      metadata: { ...body.metadata, labels },
    });
    expect(answer.body).toMatchObject({ metadata: { labels, generation: 1 } });
  });
});
