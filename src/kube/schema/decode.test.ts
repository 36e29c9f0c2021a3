import { describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import { StatusError } from '#kube/status.ts';
import type { Pod } from '#kube/types.ts';
import { decode, decodeValue, parseBody, parseJson } from './decode.ts';

const pod = (spec: object) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec });

function refusal(run: () => unknown): StatusError {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('decode', () => {
  it('writes fields as Go would', () => {
    const { object } = decode<Pod>(
      resources.pods,
      pod({
        hostNetwork: false,
        hostUsers: false,
        nodeName: '',
        priority: 0,
        nodeSelector: {},
        tolerations: [],
        volumes: null,
        containers: [
          { name: 'a', resources: { limits: { cpu: '0.5', memory: '1024Mi', 'x/y': 3 } } },
          { name: 'b', livenessProbe: { httpGet: { port: 'http' }, periodSeconds: 0 } },
        ],
      }),
    );
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: {
        hostUsers: false,
        priority: 0,
        containers: [
          { name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi', 'x/y': '3' } } },
          { name: 'b', livenessProbe: { httpGet: { port: 'http' } }, resources: {} },
        ],
      },
      status: {},
    });
  });

  it('makes times canonical and writes those that are not set as null', () => {
    const { object } = decodeValue('Event', {
      metadata: { creationTimestamp: '2026-07-23T09:07:48.9+02:00' },
      eventTime: '2026-07-23T07:07:48.1234Z',
      involvedObject: {},
    });
    expect(object).toEqual({
      metadata: { creationTimestamp: '2026-07-23T07:07:48Z' },
      eventTime: '2026-07-23T07:07:48.123400Z',
      firstTimestamp: null,
      lastTimestamp: null,
      involvedObject: {},
      reportingComponent: '',
      reportingInstance: '',
      source: {},
    });
  });

  it.each([
    [
      { containers: 'x' },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      { containers: ['x'] },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container',
    ],
    [
      { containers: [{ name: 5 }] },
      'json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string',
    ],
    [
      { hostNetwork: 'yes' },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      { restartPolicy: 1 },
      'json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [
      { priority: 1.5 },
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      { priority: 3_000_000_000 },
      'json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      { containers: [{ ports: [{ containerPort: '80' }] }] },
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      { nodeSelector: { a: 1 } },
      'json: cannot unmarshal number into Go struct field PodSpec.spec.nodeSelector of type string',
    ],
    [
      { nodeSelector: [] },
      'json: cannot unmarshal array into Go struct field PodSpec.spec.nodeSelector of type map[string]string',
    ],
    [
      { containers: [{ securityContext: { capabilities: { add: 'X' } } }] },
      'json: cannot unmarshal string into Go struct field Capabilities.spec.containers.securityContext.capabilities.add of type []v1.Capability',
    ],
    [
      { containers: [{ resources: { limits: { cpu: 'many' } } }] },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      { containers: [{ livenessProbe: { tcpSocket: { port: true } } }] },
      'json: cannot unmarshal bool into Go struct field TCPSocketAction.spec.containers.livenessProbe.tcpSocket.port of type int32',
    ],
  ])('refuses %j', (spec, reason) => {
    const { message, status } = refusal(() => decode(resources.pods, pod(spec)));
    expect(message).toBe(`Pod in version "v1" cannot be handled as a Pod: ${reason}`);
    expect(status).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  it.each([
    ['Strict', 'refused'],
    [
      'Warn',
      [
        'duplicate field "spec.nodeName"',
        'unknown field "spec.foo"',
        'unknown field "spec.containers[0].bar"',
      ],
    ],
    ['Ignore', []],
  ] as const)('treats unknown and duplicate fields with %s', (validation, expected) => {
    const text =
      '{"kind":"Pod","apiVersion":"v1","spec":{"nodeName":"a","nodeName":"b","foo":1,"containers":[{"name":"c","bar":{}}]}}';
    if (expected === 'refused') {
      expect(refusal(() => decode(resources.pods, text, validation)).message).toBe(
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: duplicate field "spec.nodeName", unknown field "spec.foo", unknown field "spec.containers[0].bar"',
      );
      return;
    }
    const { object, warnings } = decode<Pod>(resources.pods, text, validation);
    expect(warnings).toEqual(expected);
    expect(object.spec).toEqual({ nodeName: 'b', containers: [{ name: 'c', resources: {} }] });
  });

  it.each([
    [
      '{"kind":"Node","apiVersion":"v1"}',
      'Node in version "v1" cannot be handled as a Pod: converting (v1.Node) to (core.Pod): unknown conversion',
    ],
    [
      '{"kind":"Pod","apiVersion":"apps/v1"}',
      'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      '{"kind":"Pod"',
      `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input ({"kind":"Pod")`,
    ],
    [
      'abc',
      `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of value (616263)`,
    ],
    [
      '',
      `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    ],
  ])('refuses the body %j', (text, message) => {
    expect(refusal(() => decode(resources.pods, text)).message).toBe(message);
  });

  it('takes the kind from the endpoint where the body has none', () => {
    expect(decode(resources.configMaps, '{"data":{"a":"b"}}').object).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {},
      data: { a: 'b' },
    });
  });

  it("tells apart the two groups' events", () => {
    const text = '{"kind":"Event","apiVersion":"v1"}';
    expect(refusal(() => decode(resources.eventsV1, text)).message).toBe(
      'the API version in the data (v1) does not match the expected API version (events.k8s.io/v1)',
    );
  });

  it.each([
    ['aGk=', undefined],
    ['aGk', 0],
    ['a$k=', 1],
    ['aGkx=', 4],
    ['aGk=aGk=', 4],
    ['', undefined],
  ])('checks the base64 %j', (data, at) => {
    const text = JSON.stringify({ data: { a: data } });
    if (at === undefined) {
      expect(decode(resources.secrets, text).object).toMatchObject({ data: { a: data } });
    } else {
      expect(refusal(() => decode(resources.secrets, text)).message).toBe(
        `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${at}`,
      );
    }
  });

  it('reads YAML', () => {
    const text = 'kind: Pod\nspec:\n  containers:\n  - name: a\n    image: x\n    image: z\n';
    expect(decode<Pod>(resources.pods, text, 'Warn', 'yaml')).toMatchObject({
      object: { spec: { containers: [{ name: 'a', image: 'z' }] } },
      warnings: ['yaml: unmarshal errors:\n  line 6: key "image" already set in map'],
    });
    expect(parseBody('a: [yes, 2020-01-01, 12:30, 014, 1e3, null]', 'yaml').value).toEqual({
      a: [true, '2020-01-01', '12:30', 12, 1000, null],
    });
    expect(() => parseBody('a: [', 'yaml')).toThrow(
      /^error converting YAML to JSON: yaml: line \d+: /,
    );
  });
});

describe('parseJson', () => {
  it('agrees with JSON.parse on what is right', () => {
    const text = ' {"a":[1,-2.5e3,true,false,null,"x\\u00e9\\n\\"\\ud83d\\ude00"],"b":{},"c":[]} ';
    expect(JSON.stringify(parseJson(text).value)).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each([
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['tru3', "invalid character '3' in literal true (expecting 'e')"],
    ['01', "invalid character '1' after top-level value"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['[1', 'unexpected end of JSON input'],
    ['['.repeat(20_000), 'exceeded max depth'],
  ])('refuses %.20j', (text, message) => {
    expect(() => parseJson(text)).toThrow(message);
  });

  it('reports keys that stand twice, by path', () => {
    const { value, duplicates } = parseJson('{"a":[{"b":1,"b":2}],"__proto__":1,"__proto__":2}');
    expect(duplicates).toEqual(['a[0].b', '__proto__']);
    expect((value as { a: unknown[] }).a[0]).toMatchObject({ b: 2 });
  });
});
