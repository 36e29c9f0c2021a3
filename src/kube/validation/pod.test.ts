import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '#kube/types.ts';
import { fieldErrorText } from './field-error.ts';
import { podOf, withContainer } from './testing.ts';
import { validateCreate } from './validate.ts';

function errorsOf(pod: Pod): string[] {
  return validateCreate(pod).map(fieldErrorText);
}

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
