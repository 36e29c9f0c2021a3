import { describe, expect, it } from 'vitest';
import type { PodSpec } from '#kube/types.ts';
import { fieldErrorText } from './field-error.ts';
import { podOf, withContainer } from './testing.ts';
import { validateCreate } from './validate.ts';

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe('a container', () => {
  it.each<[string, Partial<PodSpec>, string[]]>([
    ['no name', withContainer({ name: '' }), ['spec.containers[0].name: Required value']],
    [
      'a bad name',
      withContainer({ name: 'A_b' }),
      [`spec.containers[0].name: Invalid value: "A_b": ${label}`],
    ],
    [
      'a name with dots',
      withContainer({ name: 'a.b' }),
      ['spec.containers[0].name: Invalid value: "a.b": must not contain dots'],
    ],
    ['no image', withContainer({ image: '' }), ['spec.containers[0].image: Required value']],
    [
      'an image with spaces',
      withContainer({ image: ' x ' }),
      [
        'spec.containers[0].image: Invalid value: " x ": must not have leading or trailing whitespace',
      ],
    ],
    [
      'a bad pull policy',
      withContainer({ imagePullPolicy: 'Sometimes' }),
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      'a port of 0',
      withContainer({ ports: [{ containerPort: 0 }] }),
      ['spec.containers[0].ports[0].containerPort: Required value'],
    ],
    [
      'a port too large',
      withContainer({ ports: [{ containerPort: 70_000 }] }),
      [
        'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'a bad port name',
      withContainer({ ports: [{ name: 'a_b', containerPort: 1 }] }),
      [
        'spec.containers[0].ports[0].name: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      ],
    ],
    [
      'a bad protocol',
      withContainer({ ports: [{ containerPort: 1, protocol: 'ICMP' }] }),
      [
        'spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      'a host port twice',
      withContainer({
        ports: [
          { containerPort: 1, hostPort: 5 },
          { containerPort: 2, hostPort: 5 },
        ],
      }),
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//5"'],
    ],
    [
      'a host port that differs',
      { hostNetwork: true, ...withContainer({ ports: [{ containerPort: 1, hostPort: 2 }] }) },
      [
        'spec.containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true',
      ],
    ],
    [
      'a bad variable',
      withContainer({ env: [{ name: 'A=B' }] }),
      [
        'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
      ],
    ],
    [
      'a variable of nothing',
      withContainer({ env: [{ name: 'A', valueFrom: {} }] }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ],
    ],
    [
      'a variable with value and source',
      withContainer({
        env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      ],
    ],
    [
      'an unknown field',
      withContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] }),
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x',
      ],
    ],
    [
      'a field not for variables',
      withContainer({
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }],
      }),
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [
      'a bad divisor',
      withContainer({
        env: [
          {
            name: 'A',
            valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '3' } },
          },
        ],
      }),
      [
        'spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.memory": only divisor\'s values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource',
      ],
    ],
    [
      'a mount of no volume',
      withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      'more requested than limited',
      withContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    ],
    [
      'a negative resource',
      withContainer({ resources: { requests: { cpu: '-1' } } }),
      [
        'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      'an unknown resource',
      withContainer({ resources: { requests: { gpu: '1' } } }),
      [
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      ],
    ],
    [
      'half an extended resource',
      withContainer({ resources: { limits: { 'x.io/gpu': '500m' } } }),
      [
        'spec.containers[0].resources.limits[x.io/gpu]: Invalid value: "500m": must be an integer',
        'spec.containers[0].resources.requests[x.io/gpu]: Invalid value: "500m": must be an integer',
      ],
    ],
    [
      'an extended resource without limit',
      withContainer({ resources: { requests: { 'x.io/gpu': '1' } } }),
      [
        'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
      ],
    ],
    [
      'a probe of nothing',
      withContainer({ livenessProbe: {} }),
      ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
    ],
    [
      'a probe of two',
      withContainer({ livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
      [
        'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
      ],
    ],
    [
      'a liveness threshold',
      withContainer({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      'a negative probe time',
      withContainer({ readinessProbe: { exec: { command: ['a'] }, periodSeconds: -1 } }),
      [
        'spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
    [
      'a sleep beyond the grace period',
      withContainer({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
      [
        'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
      ],
    ],
    [
      'a negative user',
      withContainer({ securityContext: { runAsUser: -1 } }),
      [
        'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      ],
    ],
    [
      'privilege without escalation',
      withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      'a profile without a name',
      withContainer({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
      [
        'spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
      ],
    ],
    [
      'rules without a policy',
      withContainer({ restartPolicyRules: [{ action: 'Stop' }] }),
      [
        'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
        'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart"',
        'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
      ],
    ],
    [
      'less for the pod than for its containers',
      {
        resources: { requests: { cpu: '1' } },
        ...withContainer({ resources: { requests: { cpu: '2' } } }),
      },
      [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
      ],
    ],
  ])('with %s is refused', (_, spec, expected) => {
    expect(validateCreate(podOf(spec)).map(fieldErrorText)).toEqual(expected);
  });
});
