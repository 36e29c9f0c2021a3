import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodSpec, Secret } from '#kube/types.ts';
import { applyDefaults } from './defaults.ts';
import { defaultPullPolicy } from './image-pull-policy.ts';

function specOf(spec: Partial<PodSpec>): PodSpec {
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [], ...spec } };
  const defaulted = applyDefaults(pod).spec;
  if (!defaulted) throw new Error('The spec is gone.');
  return defaulted;
}

describe('applyDefaults', () => {
  it('fills a minimal pod as upstream does', () => {
    expect(specOf({ containers: [{ name: 'a', image: 'busybox', resources: {} }] })).toEqual({
      containers: [
        {
          name: 'a',
          image: 'busybox',
          imagePullPolicy: 'Always',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  it('leaves what is set, zero too, and the object it was given', () => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: { containers: [], terminationGracePeriodSeconds: 0, enableServiceLinks: false },
    };
    const before = structuredClone(pod);
    const { spec } = applyDefaults(pod);
    expect(spec).toMatchObject({ terminationGracePeriodSeconds: 0, enableServiceLinks: false });
    expect(pod).toEqual(before);
  });

  it('fills probes, hooks and references', () => {
    const { containers } = specOf({
      containers: [
        {
          name: 'a',
          livenessProbe: { httpGet: { port: 80 }, periodSeconds: 3 },
          readinessProbe: { grpc: { port: 1 } },
          lifecycle: { preStop: { httpGet: { port: 'x' } } },
          ports: [{ containerPort: 80 }],
          env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        },
      ],
    });
    expect(containers[0]).toMatchObject({
      livenessProbe: {
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        periodSeconds: 3,
        timeoutSeconds: 1,
        successThreshold: 1,
        failureThreshold: 3,
      },
      readinessProbe: { grpc: { port: 1, service: '' }, periodSeconds: 10 },
      lifecycle: { preStop: { httpGet: { path: '/', port: 'x', scheme: 'HTTP' } } },
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      env: [{ valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    });
  });

  it('requests what is limited, rounded up to a thousandth', () => {
    const { containers, initContainers } = specOf({
      containers: [
        {
          name: 'a',
          resources: { limits: { cpu: '100u', memory: '1Gi' }, requests: { memory: '64Mi' } },
        },
      ],
      initContainers: [{ name: 'i', resources: { limits: { cpu: '1' } } }],
    });
    expect(containers[0]?.resources).toEqual({
      limits: { cpu: '1m', memory: '1Gi' },
      requests: { cpu: '1m', memory: '64Mi' },
    });
    expect(initContainers?.[0]?.resources?.requests).toEqual({ cpu: '1' });
  });

  it('gives host ports on the host network', () => {
    const ports = [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }];
    const { containers } = specOf({ hostNetwork: true, containers: [{ name: 'a', ports }] });
    expect(containers[0]?.ports?.map(({ hostPort }) => hostPort)).toEqual([80, 8081]);
  });

  it('fills volumes, of which one without a source is an emptyDir', () => {
    const { volumes } = specOf({
      volumes: [
        { name: 'a' },
        { name: 'b', secret: { secretName: 's' } },
        { name: 'c', hostPath: { path: '/x' } },
        { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        { name: 'e', configMap: { name: 'c', defaultMode: 0 } },
      ],
    });
    expect(volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
      { name: 'c', hostPath: { path: '/x', type: '' } },
      {
        name: 'd',
        projected: {
          defaultMode: 420,
          sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }],
        },
      },
      { name: 'e', configMap: { name: 'c', defaultMode: 0 } },
    ]);
  });

  it.each([
    [
      { limits: { cpu: '2', memory: '1Gi' } },
      { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
    ],
    [{ requests: { cpu: '1' } }, { limits: { cpu: '1500m' }, requests: { cpu: '1' } }],
    [{}, {}],
  ])("takes the pod's own resources %j from its containers", (resources, expected) => {
    const spec = specOf({
      resources,
      containers: [
        { name: 'a', resources: { limits: { cpu: '1' }, requests: { cpu: '250m' } } },
        { name: 'b', resources: { limits: { cpu: '500m' }, requests: { cpu: '250m' } } },
      ],
    });
    expect(spec.resources).toEqual(expected);
  });

  it('keeps names for the same thing in step', () => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: { containers: [], serviceAccount: 'robot' },
      status: { podIP: '10.0.0.1' },
    };
    expect(applyDefaults(pod)).toMatchObject({
      spec: { serviceAccountName: 'robot' },
      status: { podIPs: [{ ip: '10.0.0.1' }] },
    });
  });

  it('turns stringData into data', () => {
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      data: { a: 'b2xk', b: 'Yg==' },
      stringData: { a: 'né' },
    };
    expect(applyDefaults(secret)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      data: { a: 'bsOp', b: 'Yg==' },
    });
  });

  it('takes a node for allocatable as it is large', () => {
    const node: Node = { apiVersion: 'v1', kind: 'Node', status: { capacity: { cpu: '1' } } };
    expect(applyDefaults(node).status?.allocatable).toEqual({ cpu: '1' });
  });

  it('labels a namespace with its name', () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } };
    expect(applyDefaults(namespace)).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'x' } },
      status: { phase: 'Active' },
    });
  });
});

describe('defaultPullPolicy', () => {
  it.each([
    ['busybox', 'Always'],
    ['busybox:latest', 'Always'],
    ['busybox:1.36', 'IfNotPresent'],
    ['localhost:5000/busybox', 'Always'],
    ['localhost:5000/a/busybox:1', 'IfNotPresent'],
    [`busybox@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
    [`busybox:latest@sha256:${'a'.repeat(64)}`, 'Always'],
    ['Not An Image', 'IfNotPresent'],
    ['', 'IfNotPresent'],
  ])('of %s is %s', (image, policy) => {
    expect(defaultPullPolicy(image)).toBe(policy);
  });
});
