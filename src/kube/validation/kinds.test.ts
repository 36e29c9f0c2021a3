import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#kube/types.ts';
import { fieldErrorText } from './field-error.ts';
import {
  validateCreate,
  validateNamespaceFinalizeUpdate,
  validateStatusUpdate,
  validateUpdate,
} from './validate.ts';

/** Any object of the API; what it lacks is what is tested. */
function object(kind: string, fields: object = {}, metadata: object = {}): KubeObject {
  const [apiVersion = '', name = ''] = kind.split(/\/(?=[^/]*$)/);
  return {
    apiVersion,
    kind: name,
    metadata: { name: 'a', namespace: 'default', resourceVersion: '1', ...metadata },
    ...fields,
  };
}

const clusterScoped = { namespace: '' };
const configKey =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

describe('validateCreate', () => {
  it.each<[KubeObject, string[]]>([
    [object('v1/Node', {}, clusterScoped), []],
    [object('v1/Node'), ['metadata.namespace: Forbidden: not allowed on this type']],
    [
      object(
        'v1/Node',
        {
          spec: {
            taints: [
              { key: 'a', effect: 'NoSchedule' },
              { key: 'a', effect: 'NoSchedule' },
              { key: 'b', effect: 'No' },
              { key: 'c', effect: '' },
            ],
            podCIDRs: ['10.0.0.1/24', 'x', '10.1.0.0/16'],
          },
          status: { capacity: { cpu: '-1' } },
        },
        clusterScoped,
      ),
      [
        'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
        'metadata.taints[2].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
        'metadata.taints[3].effect: Required value',
        'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
        'spec.podCIDRs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
        'spec.podCIDRs[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        'spec.podCIDRs: Invalid value: ["10.0.0.1/24","x","10.1.0.0/16"]: may specify no more than one CIDR for each IP family',
      ],
    ],
    [
      object(
        'v1/Namespace',
        { spec: { finalizers: ['kubernetes', 'mine'] } },
        { name: 'a.b', namespace: '' },
      ),
      [
        'metadata.name: Invalid value: "a.b": must not contain dots',
        'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [object('v1/ConfigMap', { data: { 'a.b-C_1': '' }, binaryData: { b: 'eA==' } }), []],
    [
      object('v1/ConfigMap', { data: { 'a b': '', c: '', '..x': '' }, binaryData: { c: 'eA==' } }),
      [
        `data[a b]: Invalid value: "a b": ${configKey}`,
        'data[c]: Invalid value: "c": duplicate of key present in binaryData',
        'data[..x]: Invalid value: "..x": must not start with \'..\'',
      ],
    ],
    [
      object('v1/ConfigMap', { data: { a: 'é'.repeat(524_289) } }),
      [': Too long: may not be more than 1048576 bytes'],
    ],
    [object('v1/Secret', { type: 'Opaque', data: { a: btoa('x'.repeat(1_048_576)) } }), []],
    [
      object('v1/Secret', { data: { a: btoa('x'.repeat(1_048_577)) } }),
      ['data: Too long: may not be more than 1048576 bytes'],
    ],
    [
      object('v1/Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } }),
      ['data[tls.key]: Required value'],
    ],
    [
      object('v1/Secret', { type: 'kubernetes.io/basic-auth' }),
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    [
      object('v1/Secret', { type: 'kubernetes.io/service-account-token' }),
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [
      object('v1/Secret', { type: 'kubernetes.io/dockerconfigjson' }),
      ['data[.dockerconfigjson]: Required value'],
    ],
    [
      object('coordination.k8s.io/v1/Lease', {
        spec: { leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: 'x' },
      }),
      [
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
        'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
      ],
    ],
    [
      object(
        'node.k8s.io/v1/RuntimeClass',
        {
          handler: 'a.b',
          overhead: { podFixed: { cpu: '-1' } },
          scheduling: { tolerations: [{}] },
        },
        clusterScoped,
      ),
      [
        'handler: Invalid value: "a.b": must not contain dots',
        'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
        'scheduling.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      object('v1/Binding', { target: { kind: 'Pod' } }),
      [
        'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
        'target.name: Required value',
      ],
    ],
    [object('v1/Event', { involvedObject: { namespace: 'default' } }), []],
    [object('v1/Event', { involvedObject: {} }), []],
    [
      object('v1/Event', { involvedObject: { namespace: 'other' } }),
      ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    ],
    [
      object('v1/Event', {
        involvedObject: { namespace: 'default' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingComponent: 'kubelet',
        reportingInstance: 'x'.repeat(129),
        action: 'A',
      }),
      [
        'reportingInstance: Invalid value: "": can have at most 128 characters',
        'reason: Required value',
      ],
    ],
    [
      object('events.k8s.io/v1/Event', {
        regarding: { namespace: 'default' },
        type: 'Odd',
        deprecatedCount: 1,
        series: { count: 1, lastObservedTime: null },
      }),
      [
        'series.count: Invalid value: "": should be at least 2',
        'series.lastObservedTime: Required value',
        'eventTime: Required value',
        'type: Invalid value: "": has invalid value: Odd',
        'count: Invalid value: "": needs to be unset',
      ],
    ],
    [object('x.io/v1/Unknown'), []],
  ])('%#: finds what is wrong', (created, expected) => {
    expect(validateCreate(created).map(fieldErrorText)).toEqual(expected);
  });
});

describe('validateUpdate', () => {
  it.each<[string, KubeObject, KubeObject, string[]]>([
    [
      'a secret’s type',
      object('v1/Secret', { type: 'a' }),
      object('v1/Secret', { type: 'b' }),
      ['type: Invalid value: "a": field is immutable'],
    ],
    [
      'what is immutable',
      object('v1/ConfigMap', { data: { a: '2' } }),
      object('v1/ConfigMap', { immutable: true, data: { a: '1' } }),
      [
        'immutable: Forbidden: field is immutable when `immutable` is set',
        'data: Forbidden: field is immutable when `immutable` is set',
      ],
    ],
    [
      'a handler',
      object('node.k8s.io/v1/RuntimeClass', { handler: 'b' }, clusterScoped),
      object('node.k8s.io/v1/RuntimeClass', { handler: 'a' }, clusterScoped),
      ['handler: Invalid value: "b": field is immutable'],
    ],
    [
      'a node’s range',
      object('v1/Node', { spec: { providerID: 'b' } }, clusterScoped),
      object('v1/Node', { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'a' } }, clusterScoped),
      [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
      ],
    ],
    [
      'an address twice',
      object(
        'v1/Node',
        { status: { addresses: Array(2).fill({ type: 'InternalIP', address: '1.1.1.1' }) } },
        clusterScoped,
      ),
      object('v1/Node', {}, clusterScoped),
      ['status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"1.1.1.1"}'],
    ],
    [
      'an event of the new group',
      object('events.k8s.io/v1/Event', { regarding: {}, note: 'b' }),
      object('events.k8s.io/v1/Event', { regarding: {}, note: 'a' }),
      ['message: Invalid value: "b": field is immutable'],
    ],
    [
      'a generation backwards',
      object('v1/ConfigMap', {}, { generation: 1 }),
      object('v1/ConfigMap', {}, { generation: 2 }),
      ['metadata.generation: Invalid value: 1: must not be decremented'],
    ],
  ])('refuses to change %s', (_, next, previous, expected) => {
    expect(validateUpdate(next, previous).map(fieldErrorText)).toEqual(expected);
  });

  it('checks the phase of a namespace against its end', () => {
    const phase = (name: string, metadata = {}) =>
      object('v1/Namespace', { status: { phase: name } }, { ...clusterScoped, ...metadata });
    const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const texts = (next: KubeObject, previous: KubeObject) =>
      validateStatusUpdate(next, previous).map(fieldErrorText);
    expect(texts(phase('Terminating'), phase('Active'))).toEqual([
      'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ]);
    expect(texts(phase('Active', deleted), phase('Active', deleted))).toEqual([
      'status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty',
    ]);
    expect(texts(phase('Terminating', deleted), phase('Active', deleted))).toEqual([]);
  });

  it('checks the finalizers that are left', () => {
    const next = object('v1/Namespace', { spec: { finalizers: ['x'] } }, clusterScoped);
    expect(validateNamespaceFinalizeUpdate(next, next).map(fieldErrorText)).toEqual([
      'spec.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });
});
