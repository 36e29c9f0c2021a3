import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CriNode, podConfig, runPod, startCri } from './cri.ts';
import { type Row, rejects } from './wrong-request.ts';

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri();
});
afterAll(() => {
  cri.node.stop();
});

/** Every call that takes an id: what its message begins with when it does not find it. */
const callsById: readonly [name: string, call: (id: string) => Promise<unknown>, begin: string][] =
  [
    [
      'PodSandboxStatus',
      (podSandboxId) => cri.runtime.podSandboxStatus({ podSandboxId }),
      'an error occurred when try to find sandbox',
    ],
    [
      'CreateContainer',
      (podSandboxId) =>
        cri.runtime.createContainer({
          podSandboxId,
          config: { metadata: { name: 'x' } },
          sandboxConfig: podConfig(),
        }),
      'failed to find sandbox id "ID"',
    ],
    [
      'PortForward',
      (podSandboxId) => cri.runtime.portForward({ podSandboxId, port: [80] }),
      'failed to find sandbox "ID"',
    ],
    [
      'PodSandboxStats',
      (podSandboxId) => cri.runtime.podSandboxStats({ podSandboxId }),
      'an error occurred when trying to find sandbox ID',
    ],
    [
      'UpdatePodSandboxResources',
      (podSandboxId) => cri.runtime.updatePodSandboxResources({ podSandboxId }),
      'failed to find sandbox',
    ],
    [
      'StartContainer',
      (containerId) => cri.runtime.startContainer({ containerId }),
      'an error occurred when try to find container "ID"',
    ],
    [
      'ContainerStatus',
      (containerId) => cri.runtime.containerStatus({ containerId }),
      'an error occurred when try to find container "ID"',
    ],
    [
      'UpdateContainerResources',
      (containerId) => cri.runtime.updateContainerResources({ containerId, linux: {} }),
      'failed to find container',
    ],
    [
      'ReopenContainerLog',
      (containerId) => cri.runtime.reopenContainerLog({ containerId }),
      'an error occurred when try to find container "ID"',
    ],
    [
      'ExecSync',
      (containerId) => cri.runtime.execSync({ containerId, cmd: ['true'] }),
      'failed to exec in container: failed to find container "ID" in store',
    ],
    [
      'Exec',
      (containerId) => cri.runtime.exec({ containerId, cmd: ['true'], stdout: true }),
      'failed to find container "ID" in store',
    ],
    [
      'Attach',
      (containerId) => cri.runtime.attach({ containerId, stdout: true }),
      'failed to find container in store',
    ],
    [
      'ContainerStats',
      (containerId) => cri.runtime.containerStats({ containerId }),
      'failed to find container',
    ],
  ];

/** And of those that take an id but do not mind if there is nothing of it. */
const idempotentCalls: typeof callsById = [
  [
    'StopPodSandbox',
    (podSandboxId) => cri.runtime.stopPodSandbox({ podSandboxId }),
    'an error occurred when try to find sandbox "ID"',
  ],
  [
    'RemovePodSandbox',
    (podSandboxId) => cri.runtime.removePodSandbox({ podSandboxId }),
    'an error occurred when try to find sandbox "ID"',
  ],
  [
    'StopContainer',
    (containerId) => cri.runtime.stopContainer({ containerId }),
    'an error occurred when try to find container "ID"',
  ],
  [
    'RemoveContainer',
    (containerId) => cri.runtime.removeContainer({ containerId }),
    'an error occurred when try to find container "ID"',
  ],
];

const by = (id: string, calls: typeof callsById, code: Code, why: string): Row[] =>
  calls.map(([name, call, begin]) => [
    name,
    () => call(id),
    code,
    `${begin.replace('ID', id)}: ${why}`,
  ]);

rejects('an id that nothing has', by('nope', callsById, Code.NotFound, 'not found'));
rejects(
  'an empty id',
  by('', [...callsById, ...idempotentCalls], Code.Unknown, "prefix can't be empty"),
);

it('the beginning of several ids', async () => {
  const pod = await runPod(cri);
  // More than the sixteen digits that an id can begin with.
  const made: string[] = [];
  while (made.length < 17) made.push(await pod.create({ command: ['top'] }));
  const firsts = made.map(([first = '']) => first);
  const several = firsts.find((first, i) => firsts.indexOf(first) !== i) ?? '';
  await expect(cri.runtime.containerStatus({ containerId: several })).rejects.toMatchObject({
    code: Code.Unknown,
    rawMessage: `an error occurred when try to find container "${several}": Multiple IDs found with provided prefix: ${several}`,
  });
  await expect(cri.runtime.removeContainer({ containerId: several })).rejects.toMatchObject({
    code: Code.Unknown,
  });
  await pod.remove();
});
