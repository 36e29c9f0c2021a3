import { describe, expect, it } from 'vitest';
import { allResources, resources } from '#kube/resources.ts';
import { definitionOf, type FieldType } from '#kube/schema/definitions.ts';
import type { Event, Pod } from '#kube/types.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { decodeProtobuf, encodeProtobuf, encodeWatchEvent } from './envelope.ts';
import { fieldNumbers } from './field-numbers.ts';
import { messageOf, type MessageFields } from './message.ts';

const bytes = (hexadecimal: string) => Uint8Array.from(Buffer.from(hexadecimal, 'hex'));

/** The bodies of `kubectl create` 1.36.4: a namespace, and a secret with a=b. */
const sentNamespace = bytes(
  '6b3873000a0f0a02763112094e616d657370616365121c0a140a046d61646512001a0022002a0032003800420012001a020a001a002200',
);
const sentSecret = bytes(
  '6b3873000a0c0a0276311206536563726574121d0a110a017312001a0022002a0032003800420012060a01611201621a001a002200',
);

describe('the numbers', () => {
  const metrics = [resources.nodeMetrics, resources.podMetrics];
  const served = allResources.filter((one) => !metrics.some((other) => other === one));
  const roots = served.flatMap(({ definition, verbs }) =>
    verbs.includes('list') ? [definition, `${definition}List`] : [definition],
  );

  it('are there for everything that an object may hold, each once', () => {
    const seen = new Set<string>();
    const visit = (name: string) => {
      if (seen.has(name)) return;
      seen.add(name);
      const { fields } = definitionOf(name);
      expect([...slots(messageOf(name))].sort()).toEqual(
        [...fields.keys()].filter((field) => !isTypeMeta(name, field)).sort(),
      );
      for (const { type } of fields.values()) visitType(type);
    };
    const visitType = (type: FieldType) => {
      if (type.kind === 'struct') visit(type.name);
      else if (type.kind !== 'plain') visitType(type.of);
    };
    for (const root of [...roots, 'Status', 'DeleteOptions']) visit(root);
    expect(Object.keys(fieldNumbers).sort()).toEqual([...seen].sort());
  });

  function* slots(message: MessageFields): Generator<string> {
    for (const slot of message.values()) {
      if (slot.kind === 'field') yield slot.field.name;
      else yield* slots(slot.message);
    }
  }

  /** What an object is stands in the envelope; elsewhere both are fields like others. */
  function isTypeMeta(definition: string, field: string): boolean {
    const stands = [...roots, 'Status', 'DeleteOptions'].includes(definition);
    return stands && (field === 'kind' || field === 'apiVersion');
  }
});

describe('a message', () => {
  it('of kubectl is the object that it means', () => {
    expect(decodeProtobuf(sentNamespace)).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'made' },
      spec: {},
      status: {},
    });
    expect(decodeProtobuf(sentSecret)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'Yg==' },
    });
  });

  it('has bytes of the length and order that upstream writes', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'Yg==' },
    };
    const [envelope, rest] = ['6b3873000a0c0a0276311206536563726574', '1a002200'];
    // metadata (1) with its name (1); data (2), an entry of key (1) and value (2)
    const content = '0a030a0173' + '12060a0161120162';
    expect(Buffer.from(encodeProtobuf(secret)).toString('hex')).toBe(
      `${envelope}120d${content}${rest}`,
    );
  });

  it('keeps all kinds of values', () => {
    const pod: Pod = {
      metadata: {
        name: 'größer',
        labels: { a: '', ['__proto__']: 'x' },
        creationTimestamp: '2026-07-23T07:07:48Z',
        generation: 3,
      },
      spec: {
        terminationGracePeriodSeconds: 0,
        activeDeadlineSeconds: 2 ** 40,
        enableServiceLinks: false,
        containers: [
          {
            name: 'main',
            command: ['sh', '', '-c'],
            env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }],
            resources: { limits: { memory: '16Mi', cpu: '100m' } },
            livenessProbe: { httpGet: { port: 'http', path: '/' }, periodSeconds: 3 },
            readinessProbe: { tcpSocket: { port: 8080 } },
            securityContext: { runAsUser: 0, capabilities: { add: ['NET_ADMIN'] } },
          },
        ],
        volumes: [
          { name: 'scratch', emptyDir: {} },
          { name: 'map', configMap: { name: 'm', defaultMode: 0o644, optional: false } },
        ],
        securityContext: { supplementalGroups: [1, 2], sysctls: [] },
      },
      status: { containerStatuses: [] },
    };
    const read = decodeMessage('Pod', encodeMessage('Pod', pod));
    // An empty list is none in protobuf.
    const { spec, ...rest } = pod;
    expect(read).toEqual({
      ...rest,
      spec: { ...spec, securityContext: { supplementalGroups: [1, 2] } },
      status: {},
    });
  });

  it('keeps microseconds, times before 1970 and negative numbers', () => {
    const event: Event = {
      metadata: { name: 'e' },
      involvedObject: {},
      eventTime: '2026-07-23T07:07:48.123456Z',
      firstTimestamp: '1969-12-31T23:59:59Z',
      count: -5,
    };
    expect(decodeMessage('Event', encodeMessage('Event', event))).toEqual(event);
  });

  it('may have numbers packed, and fields that nobody knows', () => {
    // PodSecurityContext: supplementalGroups (4) packed; field 99 with one byte
    expect(decodeMessage('PodSecurityContext', bytes('2203' + '01ac02' + '9a060178'))).toEqual({
      supplementalGroups: [1, 300],
    });
  });

  it('that is cut short or has no prefix is refused', () => {
    const cut = sentSecret.subarray(0, sentSecret.length - 12);
    expect(() => decodeProtobuf(cut)).toThrow(/^proto: /);
    expect(() => decodeProtobuf(sentSecret.subarray(1))).toThrow(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  });

  it('of an unknown kind says what it is', () => {
    const deployment = '6b387300' + '0a15' + '0a07617070732f7631' + '120a4465706c6f796d656e74';
    expect(decodeProtobuf(bytes(deployment))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
    });
  });
});

it('an event of a watch has its length before it and an envelope within', () => {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
  const frame = Buffer.from(encodeWatchEvent('ADDED', object));
  expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
  const inner = Buffer.from(encodeProtobuf(object));
  expect(frame.subarray(4, 11).toString('hex')).toBe(`0a05${Buffer.from('ADDED').toString('hex')}`);
  expect(frame.subarray(frame.length - inner.length).equals(inner)).toBe(true);
});
