import { describe, expect, it } from 'vitest';
import { podLimits, podRequests } from './pod-resources.ts';
import type { Container, PodSpec } from './types.ts';

function container(cpu: string, more: Partial<Container> = {}): Container {
  return { name: 'c', resources: { requests: { cpu }, limits: { cpu } }, ...more };
}

describe('podRequests', () => {
  it.each<[string, PodSpec, Record<string, string>]>([
    ['adds the containers', { containers: [container('1'), container('500m')] }, { cpu: '1500m' }],
    [
      'takes the largest init container if it is more',
      { containers: [container('1')], initContainers: [container('2'), container('3')] },
      { cpu: '3' },
    ],
    [
      'adds the sidecars to both',
      {
        containers: [container('1')],
        initContainers: [container('500m', { restartPolicy: 'Always' }), container('2')],
      },
      { cpu: '2500m' },
    ],
    [
      'leaves out of an init container the sidecars after it',
      {
        containers: [container('1')],
        initContainers: [container('2'), container('1', { restartPolicy: 'Always' })],
      },
      { cpu: '2' },
    ],
    [
      "takes the pod's own instead, and adds the overhead",
      {
        containers: [container('1')],
        resources: { requests: { cpu: '4' } },
        overhead: { cpu: '1', memory: '8Mi' },
      },
      { cpu: '5', memory: '8Mi' },
    ],
  ])('%s', (_, spec, expected) => {
    expect(podRequests({ spec })).toEqual(expected);
  });

  it('does not make a limit of the overhead alone', () => {
    const spec = { containers: [container('1')], overhead: { cpu: '1', memory: '8Mi' } };
    expect(podLimits({ spec })).toEqual({ cpu: '2' });
  });
});
