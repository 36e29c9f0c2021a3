import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CriNode, type Pod, exited, runPod, startCri } from './cri.ts';
import { type Row, rejects } from './wrong-request.ts';

/** Wrong requests of each call, and what containerd answers (internal/cri/server). */

let cri: CriNode;
let pod: Pod;
/** Containers of the pod in each of their states. */
let ids: { created: string; running: string; exited: string };
/** One that has been stopped. */
let stopped: Pod;

beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
  const ended = await pod.run('true');
  ids = {
    created: await pod.create({ command: ['top'] }),
    running: await pod.start({ command: ['top'], labels: { running: 'yes' } }),
    exited: ended,
  };
  await exited(cri, ended);
  stopped = await runPod(cri);
  await cri.runtime.stopPodSandbox({ podSandboxId: stopped.id });
});
afterAll(() => {
  cri.node.stop();
});

rejects('StartContainer', [
  [
    'of one that runs',
    () => cri.runtime.startContainer({ containerId: ids.running }),
    Code.Unknown,
    /^failed to set starting state for container "\w+": container is in CONTAINER_RUNNING state$/,
  ],
  [
    'of one that has ended',
    () => cri.runtime.startContainer({ containerId: ids.exited }),
    Code.Unknown,
    /^failed to set starting state for container "\w+": container is in CONTAINER_EXITED state$/,
  ],
  [
    'of a program that is not there',
    () => pod.start({ command: ['/no/such/program'] }),
    Code.Unknown,
    /^failed to create containerd task: failed to create shim task: OCI runtime create failed: .*\/no\/such\/program/,
  ],
]);

const notRunning = (state: 'created' | 'exited'): Row[] => {
  const inState = `container is in CONTAINER_${state.toUpperCase()} state`;
  const containerId = () => ids[state];
  return [
    [
      `ExecSync in one that is ${state}`,
      () => cri.runtime.execSync({ containerId: containerId(), cmd: ['true'] }),
      Code.Unknown,
      `failed to exec in container: ${inState}`,
    ],
    [
      `Exec in one that is ${state}`,
      () => cri.runtime.exec({ containerId: containerId(), cmd: ['true'], stdout: true }),
      Code.Unknown,
      inState,
    ],
    [
      `Attach to one that is ${state}`,
      () => cri.runtime.attach({ containerId: containerId(), stdout: true }),
      Code.Unknown,
      inState,
    ],
    [
      `ReopenContainerLog of one that is ${state}`,
      () => cri.runtime.reopenContainerLog({ containerId: containerId() }),
      Code.Unknown,
      'container is not running',
    ],
    [
      `ContainerStats of one that is ${state}`,
      () => cri.runtime.containerStats({ containerId: containerId() }),
      Code.Unknown,
      'unexpected metrics response: []',
    ],
  ];
};
rejects('a container that does not run', [...notRunning('created'), ...notRunning('exited')]);

rejects('ExecSync', [
  [
    'that takes too long',
    () => cri.runtime.execSync({ containerId: ids.running, cmd: ['sleep', '99'], timeout: 1n }),
    Code.DeadlineExceeded,
    'failed to exec in container: timeout 1s exceeded: context deadline exceeded',
  ],
]);

const noStream = 'one of stdin, stdout, or stderr must be set';
const twoOutputs = 'tty and stderr cannot both be true';
rejects('the streams of', [
  [
    'Exec: none',
    () => cri.runtime.exec({ containerId: ids.running, cmd: ['true'] }),
    Code.InvalidArgument,
    noStream,
  ],
  [
    'Exec: a terminal and stderr',
    () => cri.runtime.exec({ containerId: ids.running, cmd: ['true'], stderr: true, tty: true }),
    Code.InvalidArgument,
    twoOutputs,
  ],
  [
    'Attach: none',
    () => cri.runtime.attach({ containerId: ids.running }),
    Code.InvalidArgument,
    noStream,
  ],
  [
    'Attach: a terminal and stderr',
    () => cri.runtime.attach({ containerId: ids.running, stderr: true, tty: true }),
    Code.InvalidArgument,
    twoOutputs,
  ],
]);

rejects('a sandbox that was stopped', [
  [
    'PortForward',
    () => cri.runtime.portForward({ podSandboxId: stopped.id, port: [80] }),
    Code.Unknown,
    'sandbox container is not running',
  ],
  [
    'PodSandboxStats',
    () => cri.runtime.podSandboxStats({ podSandboxId: stopped.id }),
    Code.Unavailable,
    /^failed to decode pod sandbox metrics \w+: failed to get pod sandbox stats since sandbox container "\w+" is not in ready state: unavailable$/,
  ],
]);

it('ListPodSandboxStats leaves a sandbox out that was stopped', async () => {
  const { stats } = await cri.runtime.listPodSandboxStats({});
  expect(stats.map(({ attributes }) => attributes?.id)).toEqual([pod.id]);
});

it('a container whose sandbox was stopped cannot be started, and says why', async () => {
  const gone = await runPod(cri);
  const containerId = await gone.create({ command: ['top'] });
  await cri.runtime.stopPodSandbox({ podSandboxId: gone.id });
  const why = `sandbox container "${gone.id}" is not running`;
  await expect(cri.runtime.startContainer({ containerId })).rejects.toMatchObject({
    code: Code.Unknown,
    rawMessage: why,
  });
  const { status } = await cri.runtime.containerStatus({ containerId });
  expect(status).toMatchObject({ exitCode: 128, reason: 'StartError', message: why });
  await gone.remove();
});

rejects('images', [
  [
    'PullImage of what is no name',
    () => cri.image.pullImage({ image: { image: 'No/Name' } }),
    Code.Unknown,
    /^failed to parse image reference "No\/Name": .*must be lowercase/,
  ],
  [
    'PullImage of nothing',
    () => cri.image.pullImage({}),
    Code.Unknown,
    'failed to parse image reference "": invalid reference format',
  ],
  [
    'PullImage of what the registry has not',
    () => cri.image.pullImage({ image: { image: 'absent:1' } }),
    Code.NotFound,
    'failed to pull and unpack image "docker.io/library/absent:1": failed to resolve image: docker.io/library/absent:1: not found',
  ],
]);

/** What is alpha upstream is answered by nobody. */
const alpha: readonly [name: string, call: () => AsyncIterable<unknown>][] = [
  ['StreamPodSandboxes', () => cri.runtime.streamPodSandboxes({})],
  ['StreamContainers', () => cri.runtime.streamContainers({})],
  ['StreamContainerStats', () => cri.runtime.streamContainerStats({})],
  ['StreamPodSandboxStats', () => cri.runtime.streamPodSandboxStats({})],
  ['StreamPodSandboxMetrics', () => cri.runtime.streamPodSandboxMetrics({})],
  ['StreamImages', () => cri.image.streamImages({})],
];
rejects('what is not implemented', [
  [
    'CheckpointContainer',
    () => cri.runtime.checkpointContainer({ containerId: ids.running, location: '/tmp/x' }),
    Code.Unimplemented,
    /CheckpointContainer/,
  ],
  ...alpha.map(([name, call]): Row => [
    name,
    async () => {
      for await (const answer of call()) return answer;
    },
    Code.Unimplemented,
    new RegExp(name),
  ]),
]);
