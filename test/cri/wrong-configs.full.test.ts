import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll } from 'vitest';
import { NamespaceMode, SecurityProfile_ProfileType, type Signal } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, busybox, podConfig, runPod, startCri } from './cri.ts';
import { rejects } from './wrong-request.ts';

let cri: CriNode;
let pod: Pod;
beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
});
afterAll(() => {
  cri.node.stop();
});

rejects('RunPodSandbox', [
  [
    'without metadata',
    () => cri.runtime.runPodSandbox({ config: {} }),
    Code.Unknown,
    'sandbox config must include metadata',
  ],
  [
    'of a handler that is not there',
    () => cri.runtime.runPodSandbox({ config: podConfig(), runtimeHandler: 'nope' }),
    Code.Unknown,
    /^unable to get OCI runtime for sandbox "[0-9a-f]{64}": no runtime for "nope" is configured$/,
  ],
  [
    'of a name that is taken',
    () => cri.runtime.runPodSandbox({ config: pod.config }),
    Code.Unknown,
    /^failed to reserve sandbox name "(.*)": name "\1" is reserved for "[0-9a-f]{64}"$/,
  ],
  [
    'in a user namespace',
    () => {
      const namespaceOptions = { usernsOptions: { mode: NamespaceMode.POD } };
      const config = podConfig({ linux: { securityContext: { namespaceOptions } } });
      return cri.runtime.runPodSandbox({ config });
    },
    Code.Unimplemented,
    'user namespaces are not supported',
  ],
  [
    'with a sysctl that the kernel has not',
    () => cri.runtime.runPodSandbox({ config: podConfig({ linux: { sysctls: { 'a.b': '1' } } }) }),
    Code.Unknown,
    /^failed to start sandbox "[0-9a-f]{64}": .*a\.b/s,
  ],
]);

/** A container whose configuration is wrong in this. */
const create = (more: Parameters<Pod['create']>[0]) => pod.create({ command: ['top'], ...more });
const inSpec = /^failed to generate container "[0-9a-f]{64}" spec: /.source;

rejects('CreateContainer', [
  [
    'in a sandbox that was stopped',
    async () => {
      const stopped = await runPod(cri);
      await cri.runtime.stopPodSandbox({ podSandboxId: stopped.id });
      await stopped.create({ command: ['top'] });
    },
    Code.Unknown,
    /^sandbox container "[0-9a-f]{64}" is not running$/,
  ],
  [
    'without metadata',
    () => cri.runtime.createContainer({ podSandboxId: pod.id, config: {} }),
    Code.Unknown,
    'container config must include metadata',
  ],
  [
    'without the sandbox’s metadata',
    () =>
      cri.runtime.createContainer({
        podSandboxId: pod.id,
        config: { metadata: { name: 'x' } },
      }),
    Code.Unknown,
    'pod sandbox config must include metadata',
  ],
  [
    'of a name that is taken',
    async () => {
      const metadata = { name: 'twice', attempt: 0 };
      await create({ metadata });
      await create({ metadata });
    },
    Code.Unknown,
    /^failed to reserve container name "(twice_.*)": name "\1" is reserved for "[0-9a-f]{64}"$/,
  ],
  [
    'of an image that is not on the node',
    () =>
      cri.runtime.createContainer({
        podSandboxId: pod.id,
        sandboxConfig: pod.config,
        config: { metadata: { name: 'absent' }, image: { image: 'absent:1' } },
      }),
    Code.NotFound,
    'failed to resolve image "absent:1": not found',
  ],
  [
    'with a stop signal that there is not',
    () => create({ stopSignal: 999 as Signal }),
    Code.InvalidArgument,
    'unknown CRI stop signal 999: invalid argument',
  ],
  [
    'privileged in a sandbox that is not',
    () => create({ linux: { securityContext: { privileged: true } } }),
    Code.Unknown,
    new RegExp(`${inSpec}no privileged container allowed in sandbox$`),
  ],
  [
    'with a group and no user',
    () => create({ linux: { securityContext: { runAsGroup: { value: 1n } } } }),
    Code.Unknown,
    new RegExp(`${inSpec}.*user group "1" is specified without user$`),
  ],
  [
    'as a user that its image has not',
    () => create({ linux: { securityContext: { runAsUsername: 'who' } } }),
    Code.Unknown,
    new RegExp(`${inSpec}no users found`),
  ],
  [
    'with a target that does not exist',
    () => {
      const namespaceOptions = { pid: NamespaceMode.TARGET, targetId: 'nope' };
      return create({ linux: { securityContext: { namespaceOptions } } });
    },
    Code.NotFound,
    new RegExp(`invalid target container: container "nope" does not exist: not found$`),
  ],
  [
    'with a target that does not run',
    async () => {
      const targetId = await create({});
      const namespaceOptions = { pid: NamespaceMode.TARGET, targetId };
      return create({ linux: { securityContext: { namespaceOptions } } });
    },
    Code.Unknown,
    /invalid target container: container "\w+" is not running - in state CONTAINER_CREATED$/,
  ],
  [
    'with a seccomp profile that is not there',
    () => {
      const profileType = SecurityProfile_ProfileType.Localhost;
      const seccomp = { profileType, localhostRef: '/no/profile.json' };
      return create({ linux: { securityContext: { seccomp } } });
    },
    Code.Unknown,
    new RegExp(`${inSpec}cannot load seccomp profile "/no/profile.json"`),
  ],
  [
    'with AppArmor',
    () => create({ linux: { securityContext: { apparmorProfile: 'localhost/x' } } }),
    Code.Unknown,
    new RegExp(`${inSpec}.*apparmor is not supported$`),
  ],
  [
    'with an image as volume',
    () => create({ mounts: [{ containerPath: '/x', image: { image: busybox } }] }),
    Code.Unimplemented,
    new RegExp(`${inSpec}image volumes are not supported$`),
  ],
  [
    'with a CDI device',
    () => create({ CDIDevices: [{ name: 'vendor.com/class=x' }] }),
    Code.Unknown,
    new RegExp(`${inSpec}unresolvable CDI devices vendor.com/class=x$`),
  ],
  [
    'with a device that the node has not',
    () =>
      create({ devices: [{ hostPath: '/dev/no', containerPath: '/dev/no', permissions: 'r' }] }),
    Code.Unknown,
    new RegExp(`${inSpec}.*/dev/no`),
  ],
]);
