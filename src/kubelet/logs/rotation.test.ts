import { Code, ConnectError } from '@connectrpc/connect';
import { ungzip } from 'pako';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { defaultConfiguration } from '#kubelet/configuration.ts';
import { FakeCri } from '#kubelet/testing/fake-cri.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { LogRotation } from './rotation.ts';

const signal = new AbortController().signal;

async function rig(maxFiles = 3) {
  const clock = new ManualClock(1_767_225_600_000);
  const cri = new FakeCri(clock);
  const { files } = new FakeNode();
  const { runtime } = cri.clients;
  const config = { metadata: { name: 'web' }, logDirectory: '/logs' };
  const { podSandboxId } = await runtime.runPodSandbox({ config });
  const { containerId } = await runtime.createContainer({
    podSandboxId,
    config: { metadata: { name: 'main' }, logPath: 'main/0.log' },
    sandboxConfig: config,
  });
  await runtime.startContainer({ containerId });
  const errors: unknown[] = [];
  const rotation = new LogRotation({
    runtime,
    files,
    clock,
    configuration: {
      ...defaultConfiguration,
      containerLogMaxSize: 10,
      containerLogMaxFiles: maxFiles,
    },
    onError: (error) => errors.push(error),
  });
  const log = (text: string) => files.put('/logs/main/0.log', text);
  return { clock, cri, files, rotation, errors, log };
}

describe('LogRotation', () => {
  it('leaves small logs alone', async () => {
    const { rotation, cri, log } = await rig();
    log('short');
    await rotation.rotate(signal);
    expect(cri.callsOf('ReopenContainerLog')).toEqual([]);
  });

  it('sets a full log aside, compresses older ones and keeps no more than it may', async () => {
    const { rotation, cri, files, clock, log, errors } = await rig();
    for (const round of [1, 2, 3, 4]) {
      log(`a long line ${round}`);
      await rotation.rotate(signal);
      clock.advance(1_000);
    }
    expect(cri.callsOf('ReopenContainerLog')).toHaveLength(4);
    expect(files.names('/logs/main')).toEqual([
      '0.log.20260101-000002.gz',
      '0.log.20260101-000003',
    ]);
    const old = await files.read('/logs/main/0.log.20260101-000002.gz');
    expect(ungzip(old, { toText: true })).toBe('a long line 3');
    expect(errors).toEqual([]);
  });

  it('puts the log back when the runtime does not reopen it', async () => {
    const { rotation, cri, files, log } = await rig();
    log('a long line');
    cri.fail = (method) =>
      method === 'ReopenContainerLog' ? new ConnectError('busy', Code.Unknown) : undefined;
    await rotation.rotate(signal);
    expect(files.names('/logs/main')).toEqual(['0.log']);
  });

  it('does not ask after containers that have ended', async () => {
    const { rotation, cri, log } = await rig();
    log('a long line');
    cri.container('main').status.state = ContainerState.CONTAINER_EXITED;
    await rotation.rotate(signal);
    expect(cri.callsOf('ReopenContainerLog')).toEqual([]);
  });
});
