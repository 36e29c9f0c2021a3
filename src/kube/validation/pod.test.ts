import { describe, expect, it } from 'vitest';
import { applyDefaults } from '#kube/defaults/defaults.ts';
import type { Container, Pod, PodSpec } from '#kube/types.ts';
import { fieldErrorText } from './field-error.ts';
import { validateCreate, validateStatusUpdate, validateUpdate } from './validate.ts';

function podOf(spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return applyDefaults<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', resourceVersion: '1', ...metadata },
    spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
  });
}

function withContainer(container: Partial<Container>): Partial<PodSpec> {
  return { containers: [{ name: 'c', image: 'busybox', ...container }] };
}

function errorsOf(pod: Pod): string[] {
  return validateCreate(pod).map(fieldErrorText);
}

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('a pod', () => {
  it('that is minimal is right', () => {
    expect(errorsOf(podOf())).toEqual([]);
  });

  it('that uses much is right', () => {
    const spec: Partial<PodSpec> = {
      ...withContainer({
        ports: [{ name: 'http', containerPort: 80, hostPort: 8080 }],
        env: [
          { name: 'POD.name', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app/x']" } } },
          { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
          { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
        ],
        envFrom: [{ prefix: 'X_', configMapRef: { name: 'c' } }],
        volumeMounts: [{ name: 'v', mountPath: '/data', subPath: 'a/b' }],
        resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
        livenessProbe: { exec: { command: ['true'] } },
        readinessProbe: { httpGet: { port: 'http' } },
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        securityContext: { runAsUser: 0, capabilities: { add: ['NET_ADMIN'] }, privileged: true },
      }),
      initContainers: [
        { name: 'i', image: 'x' },
        {
          name: 's',
          image: 'x',
          restartPolicy: 'Always',
          startupProbe: { tcpSocket: { port: 1 } },
        },
      ],
      volumes: [
        { name: 'v', emptyDir: { sizeLimit: '1Gi' } },
        {
          name: 'p',
          projected: {
            sources: [
              {
                downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] },
              },
            ],
          },
        },
      ],
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['db.local'] }],
      dnsConfig: { nameservers: ['1.1.1.1', '2001:db8::1'], searches: ['_tcp.local.'] },
      tolerations: [
        { operator: 'Exists' },
        { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 3 },
      ],
      activeDeadlineSeconds: 1,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
    };
    expect(errorsOf(podOf(spec))).toEqual([]);
  });

  it.each<[string, Partial<PodSpec>, string[]]>([
    ['no containers', { containers: [] }, ['spec.containers: Required value']],
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
      'a name twice',
      {
        containers: [
          { name: 'c', image: 'x' },
          { name: 'c', image: 'x' },
        ],
      },
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      'an init container named as another',
      { initContainers: [{ name: 'c', image: 'x' }] },
      ['spec.initContainers[0].name: Duplicate value: "c"'],
    ],
    [
      'a probe of an init container',
      { initContainers: [{ name: 'i', image: 'x', livenessProbe: { exec: { command: ['a'] } } }] },
      [
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
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
      'a bad restart policy',
      { restartPolicy: 'Perhaps' },
      [
        'spec.restartPolicy: Unsupported value: "Perhaps": supported values: "Always", "OnFailure", "Never"',
      ],
    ],
    [
      'a bad DNS policy',
      { dnsPolicy: 'X' },
      [
        'spec.dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      'no DNS server',
      { dnsPolicy: 'None' },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'a bad DNS server',
      { dnsConfig: { nameservers: ['one', '01.2.3.4'] } },
      [
        'spec.dnsConfig.nameservers[0]: Invalid value: "one": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.dnsConfig.nameservers[1]: Invalid value: "01.2.3.4": must not have leading 0s',
      ],
    ],
    [
      'a bad alias',
      { hostAliases: [{ ip: '::FFFF', hostnames: ['A'] }] },
      [
        'spec.hostAliases[0].ip: Invalid value: "::FFFF": must be in canonical form ("::ffff")',
        `spec.hostAliases[0].hostnames[0]: Invalid value: "A": ${subdomain}`,
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
      'a mount path twice',
      {
        volumes: [{ name: 'v' }],
        ...withContainer({
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'v', mountPath: '/v' },
          ],
        }),
      },
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'],
    ],
    [
      'a subPath that leaves',
      {
        volumes: [{ name: 'v' }],
        ...withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../x' }] }),
      },
      ['spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain \'..\''],
    ],
    [
      'propagation without privilege',
      {
        volumes: [{ name: 'v' }],
        ...withContainer({
          volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }],
        }),
      },
      [
        'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
      ],
    ],
    [
      'two sources of a volume',
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'a volume twice',
      { volumes: [{ name: 'v' }, { name: 'v' }] },
      ['spec.volumes[1].name: Duplicate value: "v"'],
    ],
    [
      'a hostPath that leaves',
      { volumes: [{ name: 'v', hostPath: { path: '/a/../b', type: 'Dir' } }] },
      [
        'spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
        'spec.volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    [
      'a bad mode and key',
      {
        volumes: [
          {
            name: 'v',
            secret: { secretName: 's', defaultMode: 512, items: [{ key: '', path: '..x' }] },
          },
        ],
      },
      [
        'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
        'spec.volumes[0].secret.items[0].key: Required value',
        'spec.volumes[0].secret.items[0].path: Invalid value: "..x": must not start with \'..\'',
      ],
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
      'a sysctl twice and bad',
      {
        securityContext: {
          sysctls: [
            { name: 'kernel.sem', value: '1' },
            { name: 'kernel.sem', value: '1' },
            { name: 'A', value: '1' },
          ],
        },
      },
      [
        'spec.securityContext.sysctls[1].name: Duplicate value: "kernel.sem"',
        'spec.securityContext.sysctls[2].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      ],
    ],
    [
      "the host's sysctl",
      {
        hostNetwork: true,
        securityContext: { sysctls: [{ name: 'net/ipv4/ip_forward', value: '1' }] },
      },
      [
        'spec.securityContext.sysctls[0].name: Invalid value: "net/ipv4/ip_forward": may not be specified when \'hostNetwork\' is true',
      ],
    ],
    [
      'a user namespace with the host',
      { hostUsers: false, hostPID: true },
      ['spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false'],
    ],
    [
      'a bad toleration',
      {
        tolerations: [
          { key: 'a', operator: 'Exists', value: 'b', effect: 'X', tolerationSeconds: 1 },
        ],
      },
      [
        'spec.tolerations[0].effect: Invalid value: "X": effect must be \'NoExecute\' when `tolerationSeconds` is set',
        'spec.tolerations[0].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'',
        'spec.tolerations[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      'no node term',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      'a bad node expression',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1', '2'] }] },
              ],
            },
          },
        },
      },
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
      ],
    ],
    [
      'no topology key',
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '' }],
          },
        },
      },
      [
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      'a bad spread',
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'X' }] },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      'a bad deadline',
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    ['a bad node', { nodeName: 'A' }, [`spec.nodeName: Invalid value: "A": ${subdomain}`]],
    [
      'a bad hostname',
      { hostname: 'a.b' },
      ['spec.hostname: Invalid value: "a.b": must not contain dots'],
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
    [
      'ephemeral containers',
      { ephemeralContainers: [{ name: 'e', image: 'x' }] },
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
  ])('with %s is refused', (_, spec, expected) => {
    expect(errorsOf(podOf(spec))).toEqual(expected);
  });

  it.each<[Pod['metadata'], string[]]>([
    [{ name: '' }, ['metadata.name: Required value: name or generateName is required']],
    [{ name: 'Web' }, [`metadata.name: Invalid value: "Web": ${subdomain}`]],
    [
      { name: 'web-x', generateName: 'Web-' },
      [`metadata.generateName: Invalid value: "Web-": ${subdomain}`],
    ],
    [
      { labels: { 'a b': '-' } },
      [
        "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        "metadata.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      { annotations: { a: 'x'.repeat(262_144) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      { annotations: { 'kubernetes.io/config.mirror': 'x' } },
      [
        'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
      ],
    ],
    [
      { finalizers: ['mine'] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: 'u' }] },
      ['metadata.ownerReferences[0].name: Required value: must not be empty'],
    ],
  ])('with metadata %.60j is refused', (metadata, expected) => {
    expect(errorsOf(podOf({}, metadata))).toEqual(expected);
  });
});

describe('an update of a pod', () => {
  const refused = (next: Pod, previous: Pod) => validateUpdate(next, previous).map(fieldErrorText);

  it('may change images, shorten the deadline, add tolerations', () => {
    const previous = podOf({
      activeDeadlineSeconds: 10,
      tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
    });
    const next = podOf({
      ...withContainer({ image: 'other', imagePullPolicy: 'Always' }),
      activeDeadlineSeconds: 5,
      tolerations: [
        { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 },
        { key: 'b', operator: 'Exists' },
      ],
    });
    expect(refused(next, previous)).toEqual([]);
  });

  it.each<[string, Pod, Pod, string[]]>([
    [
      'the node',
      podOf({ nodeName: 'b' }),
      podOf({ nodeName: 'a' }),
      [
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n  core.PodSpec{\n  \t... // 10 identical fields\n- \tNodeName: "a",\n+ \tNodeName: "b",\n  }\n',
      ],
    ],
    [
      'the number of containers',
      podOf({ containers: [] }),
      podOf(),
      [
        'spec.containers: Required value',
        'spec.containers: Forbidden: pod updates may not add or remove containers',
      ],
    ],
    [
      'a longer deadline',
      podOf({ activeDeadlineSeconds: 6 }),
      podOf({ activeDeadlineSeconds: 5 }),
      [
        'spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value',
      ],
    ],
    [
      'no deadline any more',
      podOf(),
      podOf({ activeDeadlineSeconds: 5 }),
      [
        'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
      ],
    ],
    [
      'fewer tolerations',
      podOf(),
      podOf({ tolerations: [{ operator: 'Exists' }] }),
      [
        'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
      ],
    ],
    [
      'the name',
      podOf({}, { name: 'other' }),
      podOf(),
      ['metadata.name: Invalid value: "other": field is immutable'],
    ],
    [
      'the uid',
      podOf({}, { uid: '2' }),
      podOf({}, { uid: '1' }),
      ['metadata.uid: Invalid value: "2": field is immutable'],
    ],
    [
      'no version',
      podOf({}, { resourceVersion: '' }),
      podOf(),
      ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
    ],
    [
      'finalizers while it is deleted',
      podOf({}, { deletionTimestamp: 't', finalizers: ['x.io/a'] }),
      podOf({}, { deletionTimestamp: 't' }),
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/a"}',
      ],
    ],
    [
      'a mirror annotation',
      podOf({ nodeName: 'n' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      podOf({ nodeName: 'n' }),
      [
        'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation',
      ],
    ],
  ])('may not change %s', (_, next, previous, expected) => {
    expect(refused(next, previous)).toEqual(expected);
  });
});

describe('an update of a pod’s status', () => {
  const ended = (exitCode: number) => [
    {
      name: 'c',
      image: 'x',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode } },
    },
  ];
  const running = [
    { name: 'c', image: 'x', imageID: '', ready: true, restartCount: 1, state: { running: {} } },
  ];

  it.each([
    [
      'Never',
      1,
      [
        'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
      ],
    ],
    [
      'OnFailure',
      0,
      [
        'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
      ],
    ],
    ['OnFailure', 1, []],
    ['Always', 0, []],
  ])('starts a container again with %s after exit %d: %j', (restartPolicy, exitCode, expected) => {
    const previous = {
      ...podOf({ restartPolicy }),
      status: { containerStatuses: ended(exitCode) },
    };
    const next = { ...previous, status: { containerStatuses: running } };
    expect(validateStatusUpdate(next, previous).map(fieldErrorText)).toEqual(expected);
  });

  it('keeps class and node, and has addresses', () => {
    const previous = { ...podOf({ nodeName: 'a' }), status: { qosClass: 'Burstable' } };
    const next = {
      ...podOf({ nodeName: 'b' }),
      status: {
        qosClass: 'BestEffort',
        podIPs: [{ ip: 'x' }],
        hostIP: '1.1.1.1',
        hostIPs: [{ ip: '1.1.1.2' }],
      },
    };
    expect(validateStatusUpdate(next, previous).map(fieldErrorText)).toEqual([
      'status.nodeName: Forbidden: may not be changed directly',
      'status.qosClass: Invalid value: "BestEffort": field is immutable',
      'status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.hostIPs[0].ip: Invalid value: "1.1.1.2": must be equal to `hostIP`',
    ]);
  });
});
