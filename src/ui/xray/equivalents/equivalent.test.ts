import { describe, expect, it } from 'vitest';
import { quote } from '#base/shell-quote.ts';
import type { TraceBody } from '#base/trace-records.ts';
import { imageMethods, runtimeMethods } from '#kube/cri/methods.ts';
import { TraceEvents } from '#ui/xray/events/trace-events.ts';
import { crictlConfig } from './crictl-config.ts';
import { crictlCommand } from './crictl.ts';
import { equivalentOf } from './equivalent.ts';

describe('a word of a command line', () => {
  it.each([
    ['--id', '--id'],
    ['', "''"],
    ['two words', "'two words'"],
    ["it's", `'it'\\''s'`],
    ['$(reboot)', "'$(reboot)'"],
    ['<b>', "'<b>'"],
    ['a\x1b[2Jb\n', "$'a\\x1b[2Jb\\x0a'"],
    ["\x07'", "$'\\x07\\''"],
  ])('%j is quoted as %s', (word, quoted) => {
    expect(quote(word)).toBe(quoted);
  });
});

describe('the command of a call', () => {
  it.each([
    ['StartContainer', { containerId: 'abc' }, 'crictl start abc'],
    ['StopContainer', { containerId: 'abc', timeout: '30' }, 'crictl stop --timeout 30 abc'],
    ['PullImage', { image: { image: 'busybox:1.36' } }, 'crictl pull busybox:1.36'],
    [
      'ExecSync',
      { containerId: 'abc', cmd: ['sh', '-c', 'echo $HOME'], timeout: '5' },
      "crictl exec --sync --timeout 5 abc sh -c 'echo $HOME'",
    ],
    [
      'ListContainers',
      { filter: { podSandboxId: 'p', state: { state: 'CONTAINER_RUNNING' } } },
      'crictl ps -a --pod p --state running',
    ],
    [
      'ListPodSandbox',
      { filter: { labelSelector: { 'io.kubernetes.pod.uid': 'u' } } },
      'crictl pods --label io.kubernetes.pod.uid=u',
    ],
  ])('%s', (method, request, command) => {
    expect(crictlCommand(method, request)).toBe(command);
  });

  it('brings the files that crictl reads', () => {
    const config = { metadata: { name: 'web', attempt: 1 }, logDirectory: '/var/log/pods/x' };
    expect(crictlCommand('RunPodSandbox', { config })).toBe(
      [
        "cat > pod.json <<'END'",
        '{\n  "metadata": {\n    "name": "web",\n    "attempt": 1\n  },\n  "log_directory": "/var/log/pods/x"\n}',
        'END',
        'crictl runp pod.json',
      ].join('\n'),
    );
  });

  it('exists for every call but those that crictl does not make', () => {
    const without = [...runtimeMethods, ...imageMethods].filter(
      (method) => crictlCommand(method, {}) === undefined,
    );
    expect(without).toEqual(['UpdateRuntimeConfig', 'UpdatePodSandboxResources']);
  });
});

it('a configuration has the proto’s own names and numbers, and leaves a reader’s keys', () => {
  const linux = {
    cgroupParent: '/kubepods',
    securityContext: {
      namespaceOptions: { network: 'POD', pid: 'CONTAINER' },
      runAsUser: { value: '1000' },
      supplementalGroups: ['1', '2'],
      seccomp: { profileType: 'RuntimeDefault' },
    },
    resources: { memoryLimitInBytes: '33554432' },
  };
  const labels = { 'io.kubernetes.pod.name': 'web', runAsUser: '7' };
  expect(JSON.parse(crictlConfig({ labels, linux, portMappings: [{ protocol: 'UDP' }] }))).toEqual({
    labels,
    linux: {
      cgroup_parent: '/kubepods',
      security_context: {
        namespace_options: { network: 0, pid: 1 },
        run_as_user: { value: 1000 },
        supplemental_groups: [1, 2],
        seccomp: { profile_type: 0 },
      },
      resources: { memory_limit_in_bytes: 33554432 },
    },
    port_mappings: [{ protocol: 1 }],
  });
});

describe('what shows an event', () => {
  function ofEvent(body: TraceBody): string | undefined {
    const events = new TraceEvents();
    events.take([{ id: 1, time: 1, ...body }]);
    const [event] = events.all;
    return event && equivalentOf(event)?.command;
  }

  it('is the program itself, of what ran on the node', () => {
    const argv = ['crun', 'create', '--bundle', '/run/a b', 'id'];
    expect(ofEvent({ kind: 'oci', argv, milliseconds: 1 })).toBe(
      "crun create --bundle '/run/a b' id",
    );
    const cni = ofEvent({
      kind: 'cni',
      command: 'ADD',
      plugin: 'bridge',
      netns: '/run/netns/cni-1',
      configuration: { type: 'bridge' },
      sandboxId: 'abc',
      milliseconds: 1,
    });
    expect(cni).toContain('CNI_COMMAND=ADD CNI_CONTAINERID=abc CNI_NETNS=/run/netns/cni-1');
    expect(cni).toMatch(/CNI_PATH=\/opt\/cni\/bin \/opt\/cni\/bin\/bridge < net.json$/);
  });

  it('is a look into the machine, of what its agent was asked, and at what it shares, of 9P', () => {
    const method = 'CreateSandbox';
    expect(ofEvent({ kind: 'agent-call', method, request: {}, sandboxId: 'abc' })).toBe(
      'kata-runtime exec abc',
    );
    const sizes = { requestBytes: 9, replyBytes: 9, milliseconds: 1 };
    expect(ofEvent({ kind: 'ninep', name: 'Tread', ...sizes, sandboxId: 'abc' })).toBe(
      'ls -l /run/kata-containers/shared/sandboxes/abc/shared',
    );
  });

  it('quotes a name that would be more than a word', () => {
    const name = '-o=$(reboot)';
    const write = { kind: 'api-write', verb: 'create', status: 201, userAgent: 'x' } as const;
    expect(ofEvent({ ...write, resource: 'pods', namespace: 'default', name })).toBe(
      "kubectl get pods '-o=$(reboot)' -n default -o yaml",
    );
  });
});
