import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { TraceBus } from '#base/trace.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { CniNetwork } from './network.ts';

const list = {
  cniVersion: '1.0.0',
  name: 'net',
  plugins: [
    { type: 'bridge', bridge: 'cni0' },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};
const attachment = {
  containerId: 'c1',
  netns: '/run/netns/n1',
  portMappings: [],
  arguments: { K8S_POD_NAME: 'web' },
  links: {},
};
const mapped = {
  ...attachment,
  portMappings: [{ hostPort: 80, containerPort: 8080, protocol: 'tcp' as const }],
};

/** A node whose plugins answer with their own name. */
class FakeNode {
  readonly calls: {
    plugin: string;
    command: string;
    container: string | undefined;
    netns: string | undefined;
    input: Record<string, unknown>;
  }[] = [];
  readonly written = new Map<string, string>();
  failing = '';
  nextPid = 500;

  readonly run = (
    { argv, env }: { argv: string[]; env: Record<string, string> },
    { input, onStart }: { input: string; onStart: (pid: number) => void },
  ) => {
    onStart(this.nextPid++);
    const plugin = argv[0]?.split('/').at(-1) ?? '';
    const command = env['CNI_COMMAND'] ?? '';
    this.calls.push({
      plugin,
      command,
      container: env['CNI_CONTAINERID'],
      netns: env['CNI_NETNS'],
      input: JSON.parse(input) as Record<string, unknown>,
    });
    const failed = plugin === this.failing;
    const answer = failed
      ? { code: 7, msg: 'no address left', details: 'in 10.0.0.0/24' }
      : { cniVersion: '1.0.0', interfaces: [{ name: plugin }] };
    const stdout = new TextEncoder().encode(
      command === 'ADD' || failed ? JSON.stringify(answer) : '',
    );
    return Promise.resolve({ exit: { code: failed ? 1 : 0 }, stdout, stderr: new Uint8Array(0) });
  };

  readonly files = {
    makeDirectory: () => Promise.resolve(),
    write: (path: string, text: string) => Promise.resolve(this.written.set(path, text)),
    remove: (path: string) => Promise.resolve(this.written.delete(path)),
    readText: (path: string) => {
      const text = this.written.get(path);
      if (text !== undefined) return Promise.resolve(text);
      return Promise.reject(new SandglassError('not-found', `no ${path}`));
    },
  };
}

let node: FakeNode;
let trace: TraceBus;
let network: CniNetwork;
beforeEach(() => {
  const clock = new ManualClock();
  node = new FakeNode();
  trace = new TraceBus(clock);
  network = new CniNetwork(list, { agent: node as unknown as AgentClient, clock, trace });
});

describe('ADD', () => {
  it('starts no portmap where no port is mapped', async () => {
    const result = await network.add(attachment);
    expect(result.interfaces).toEqual([{ name: 'bridge' }]);
    expect(node.calls).toEqual([
      {
        plugin: 'bridge',
        command: 'ADD',
        container: 'c1',
        netns: '/run/netns/n1',
        input: { type: 'bridge', bridge: 'cni0', cniVersion: '1.0.0', name: 'net' },
      },
    ]);
  });

  it('hands each plugin the result of the one before, and the ports', async () => {
    await network.add(mapped);
    expect(node.calls[1]).toMatchObject({
      plugin: 'portmap',
      input: {
        prevResult: { interfaces: [{ name: 'bridge' }] },
        runtimeConfig: { portMappings: mapped.portMappings },
      },
    });
    expect(node.calls[1]?.input).not.toHaveProperty('capabilities');
  });

  it('records which process each plugin was, and whose', async () => {
    await network.add({ ...mapped, links: { sandboxId: 'c1' } });
    expect(trace.history()).toMatchObject([
      { kind: 'cni', plugin: 'bridge', sandboxId: 'c1', pid: 500 },
      { kind: 'cni', plugin: 'portmap', sandboxId: 'c1', pid: 501 },
    ]);
    expect(trace.processes.of(501)).toEqual({ sandboxId: 'c1' });
  });

  it('fails with what the plugin says, and records it', async () => {
    node.failing = 'bridge';
    const message = 'plugin type="bridge" failed (add): no address left; in 10.0.0.0/24';
    await expect(network.add(attachment)).rejects.toThrow(message);
    expect(trace.history()).toMatchObject([
      { kind: 'cni', command: 'ADD', plugin: 'bridge', error: { message } },
    ]);
    expect(node.written.size).toBe(0);
  });
});

describe('DEL', () => {
  it('goes the other way round, with the result of ADD, and forgets it', async () => {
    await network.add(mapped);
    node.calls.length = 0;
    await network.delete({ ...mapped, netns: '' });
    expect(node.calls.map(({ plugin }) => plugin)).toEqual(['portmap', 'bridge']);
    expect(node.calls[1]?.input).toMatchObject({
      prevResult: { interfaces: [{ name: 'portmap' }] },
    });
    expect(node.written.size).toBe(0);
  });

  it('does not need a result', async () => {
    await network.delete(attachment);
    expect(node.calls[0]?.input).not.toHaveProperty('prevResult');
  });

  it('is not kept back by a damaged result', async () => {
    await network.add(attachment);
    for (const path of node.written.keys()) node.written.set(path, '{"cniVers');
    node.calls.length = 0;
    await network.delete(attachment);
    expect(node.calls[0]?.input).not.toHaveProperty('prevResult');
    expect(node.written.size).toBe(0);
  });
});

describe('a failed attachment that could not be undone', () => {
  const owed = { ...attachment, containerId: 'c0' };
  const calls = () =>
    node.calls.map(({ command, container, netns }) => `${command} ${container} ${netns}`);

  it('is undone before the next ADD, once', async () => {
    network.owe(owed);
    await network.add(attachment);
    await network.add(attachment);
    const add = 'ADD c1 /run/netns/n1';
    expect(calls()).toEqual(['DEL c0 ', add, add]);
  });

  it('stays owed for as long as plugins fail', async () => {
    network.owe(owed);
    node.failing = 'bridge';
    await expect(network.add(attachment)).rejects.toThrow('(add)');
    node.failing = '';
    node.calls.length = 0;
    await network.add(attachment);
    expect(calls()).toEqual(['DEL c0 ', 'ADD c1 /run/netns/n1']);
  });
});

it('goes over to another configuration, and owes no less', async () => {
  network.owe({ ...attachment, containerId: 'c0' });
  network.configure({ cniVersion: '1.0.0', name: 'other', plugins: [{ type: 'ptp' }] });
  await network.add(attachment);
  expect(node.calls.map(({ command, plugin, container }) => [command, plugin, container])).toEqual([
    ['DEL', 'ptp', 'c0'],
    ['ADD', 'ptp', 'c1'],
  ]);
  expect(node.calls[1]?.input).toMatchObject({ name: 'other' });
});
