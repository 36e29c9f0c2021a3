import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import type { Scene } from '#lessons/code.ts';
import machine from '../../../lessons/en/04-virtual-machines-as-pods/01-the-pod-is-a-machine/checks.ts';
import agent from '../../../lessons/en/04-virtual-machines-as-pods/02-shim-vmm-agent/checks.ts';
import sizes from '../../../lessons/en/04-virtual-machines-as-pods/03-qemu-firecracker-templates/checks.ts';
import escape from '../../../lessons/en/04-virtual-machines-as-pods/04-the-escape/checks.ts';
import { bashWith, podOf, sceneOf, temporaryDirectory } from './scene.ts';

const patternFile = '/proc/sys/kernel/core_pattern';

/** A node that answers commands by what they contain; the first that fits. Its runtime lists these machines by default. */
function nodeSaying(
  answers: Readonly<Record<string, string>>,
  machines: readonly object[] = [machineOf('foo')],
): Scene['run'] {
  const all = { ...answers, 'crictl pods': JSON.stringify({ items: machines }) };
  return (command) => {
    const found = Object.entries(all).find(([part]) => command.includes(part));
    if (!found) return Promise.reject(new Error(`Nobody expected ${command}.`));
    return Promise.resolve({ code: 0, stdout: found[1], stderr: '' });
  };
}

function machineOf(pod: string, { handler = 'kata-qemu', attempt = 0 } = {}) {
  const metadata = { name: pod, uid: pod, attempt };
  return { id: `sandbox-of-${pod}`, state: 'SANDBOX_READY', runtimeHandler: handler, metadata };
}

const withContainers = (name: string, restarts: Readonly<Record<string, number>>, spec = {}): Pod =>
  podOf(name, {
    running: restarts,
    spec: { containers: Object.keys(restarts).map((each) => ({ name: each })), ...spec },
  });

const foo = withContainers('foo', { a: 0, b: 0 });

describe('a sysctl', () => {
  const { apart } = machine['two-kernels'];
  const look = (node: string, inside: string) =>
    apart(
      sceneOf({
        pods: [foo],
        run: nodeSaying({ 'kubectl exec': inside, 'cat /proc/sys/vm/swappiness': node }),
      }),
    );

  it('is the machine’s own, whatever it was set to', async () => {
    expect(await look('60\n', '17\n')).toBe(true);
    expect(await look('60\n', '60\n')).toEqual({ reason: 'same', values: { value: '60' } });
  });

  it('may be that of any machine', async () => {
    const pods = [withContainers('other', { a: 0 }), foo];
    const machines = [machineOf('other'), machineOf('foo')];
    const answers = {
      'exec -n default other': '60\n',
      'exec -n default foo': '17\n',
      'cat /proc/sys/vm/swappiness': '60\n',
    };
    expect(await apart(sceneOf({ pods, run: nodeSaying(answers, machines) }))).toBe(true);
  });

  it('must not be the node’s', async () => {
    expect(await look('17\n', '60\n')).toEqual({ reason: 'node', values: { value: '17' } });
  });
});

describe('a process that only the machine has', () => {
  const { hidden } = machine['who-is-there'];
  const look = (...lines: string[]) => {
    const list = ['  PID COMMAND', '    1 sleep 86400', '   12 ps -o pid,args', ...lines].join(
      '\n',
    );
    return hidden(sceneOf({ pods: [foo], run: nodeSaying({ 'ps -o pid,args': list }) }));
  };

  it('is none that the container began with, and none that only looks', async () => {
    expect(await look()).toBe('alone');
    expect(await look('   13 ps -o pid,args', '   14 ps')).toBe('alone');
    expect(await look('    9 sleep 4321')).toBe(true);
  });
});

describe('a container of a machine', () => {
  const { again } = machine['process-one-is-the-agent'];
  const look = (restarts: Readonly<Record<string, number>>, attempt = 0) =>
    again(
      sceneOf({
        pods: [withContainers('foo', restarts)],
        run: nodeSaying({}, [machineOf('foo', { attempt })]),
      }),
    );

  it('is started again in the machine that was there, and in no other', async () => {
    expect(await look({ a: 0, b: 0 })).toBe('first');
    expect(await look({ a: 1, b: 0 })).toBe(true);
    expect(await look({ a: 1, b: 1 }, 1)).toBe('another');
  });
});

describe('a machine that is being made', () => {
  const steps = agent['what-a-newborn-needs'];
  const at = (method: string) =>
    sceneOf({
      pods: [podOf('foo')],
      held: [{ id: 1, point: `agent/${method}` as const, details: {} }],
      run: nodeSaying({ pgrep: '7\n' }, []),
    });

  it('has its sandbox once a later call is held', async () => {
    const held = { reason: 'held', values: { method: 'CreateSandbox' } };
    expect(await steps.sandbox(at('CreateSandbox'))).toEqual(held);
    expect(await steps.details(at('CreateSandbox'))).toEqual(held);
    expect(await steps.sandbox(at('GetGuestDetails'))).toBe(true);
    expect(await steps.details(at('GetGuestDetails'))).toBe(true);
  });

  it('has run on if nothing is held any more', async () => {
    const scene = sceneOf({ pods: [foo], run: nodeSaying({ pgrep: '7\n' }) });
    expect(await steps.details(scene)).toBe('ran-on');
    const held = [{ id: 1, point: 'cri/CreateContainer' as const, details: {} }];
    expect(await steps.details({ ...scene, held })).toBe('ran-on');
  });
});

describe('an echo request', () => {
  const { answered } = agent['a-frame-across-the-tap'];
  const look = (count: number) => {
    const counters = `Icmp: InMsgs InErrors InEchos\nIcmp: 9 9 ${String(count)}\nIcmpMsg: InType8\nIcmpMsg: 9\n`;
    return answered(sceneOf({ pods: [foo], run: nodeSaying({ snmp: counters }) }));
  };

  it('is counted by the machine’s kernel', async () => {
    expect(await look(0)).toBe('silent');
    expect(await look(3)).toBe(true);
  });
});

describe('the size of a machine', () => {
  const { sized, fewer } = sizes['how-large-is-a-pod'];
  const limited = (memory: string) =>
    withContainers(
      'foo',
      { a: 0 },
      { containers: [{ name: 'a', resources: { limits: { memory } } }] },
    );
  const look = (memory: number, pods: Pod[] = [limited('32Mi')]) =>
    sized(
      sceneOf({
        pods,
        run: nodeSaying({
          pgrep: `7 sandglass-vmm --id sandbox-of-foo --machine kata-fc --memory ${String(memory)} --shared /x\n`,
        }),
      }),
    );

  it('is what its VMM was told', async () => {
    expect(await look(128)).toBe(true);
    expect(await look(64)).toEqual({ reason: 'limit', values: { pod: 'foo', limit: '32Mi' } });
    expect(await look(64, [foo])).toBe('none');
  });

  it('is told of the container that has the limit, and waited for while it is made', async () => {
    const containers = [{ name: 'a' }, { name: 'b', resources: { limits: { memory: '40Mi' } } }];
    const values = { pod: 'foo', limit: '40Mi' };
    const inSecond = withContainers('foo', { a: 0, b: 0 }, { containers });
    expect(await look(64, [inSecond])).toEqual({ reason: 'limit', values });
    const spec = { containers, runtimeClassName: 'kata-template' };
    expect(await look(64, [foo, podOf('sized', { spec })])).toBe('waiting');
  });

  it('counts by machine', async () => {
    const line = (id: string) => `7 sandglass-vmm --id ${id} --machine kata-fc --memory 64\n`;
    const count = (...ids: string[]) =>
      fewer(sceneOf({ passed: ['sized'], run: nodeSaying({ pgrep: ids.map(line).join('') }) }));
    expect(await count('a', 'b')).toBe(true);
    expect(await count('a', 'b', 'c')).toEqual({ reason: 'many', values: { count: '3' } });
    // Where none was made there are few as well.
    expect(await fewer(sceneOf({ run: nodeSaying({ pgrep: line('a') }) }))).toBe('first');
  });
});

describe('a node that was taken over', () => {
  const steps = escape['out-of-the-container'];
  const ordinary = (name: string, spec = {}): Pod => {
    const pod = withContainers(name, { main: 0 }, spec);
    pod.status?.containerStatuses?.forEach(
      (status) => (status.containerID = `containerd://${name}`),
    );
    return pod;
  };

  it('has a pattern that leads into a container of an ordinary pod', async () => {
    const look = (pattern: string) =>
      steps.pattern(
        sceneOf({
          pods: [ordinary('evil'), ordinary('caged', { runtimeClassName: 'kata' })],
          run: nodeSaying({ [patternFile]: pattern }),
        }),
      );
    expect(await look('core\n')).toEqual({ reason: 'file', values: { pattern: 'core' } });
    expect(await look('|/var/lib/sandglass/containers/evil/fs/cmd\n')).toBe(true);
    expect(await look('|/proc/%P/root/cmd\n')).toBe(true);
    const elsewhere = '|/var/lib/sandglass/containers/caged/fs/cmd';
    expect(await look(elsewhere)).toEqual({ reason: 'elsewhere', values: { pattern: elsewhere } });
  });

  it('was seen by a program that wrote its name and its first process into one file', async () => {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, 'evil/fs/tmp'), { recursive: true });
    const bash = bashWith('/var/lib/sandglass/containers', directory);
    const run: Scene['run'] = (command) =>
      command.startsWith('hostname')
        ? Promise.resolve({ code: 0, stdout: 'node-1\n/sbin/init \n', stderr: '' })
        : bash(command);
    const look = () => steps.loot(sceneOf({ pods: [ordinary('evil')], run }));

    expect(await look()).toBe('none');
    writeFileSync(path.join(directory, 'evil/fs/tmp/name'), 'node-1\n');
    writeFileSync(path.join(directory, 'evil/fs/init'), '    1 /sbin/init\n');
    expect(await look()).toBe('none');
    writeFileSync(path.join(directory, "evil/fs/tmp/it's loot"), 'node-1\n    1 /sbin/init\n');
    expect(await look()).toBe(true);
  });
});

describe('a machine that was taken over', () => {
  const { caged } = escape['the-same-in-a-machine'];
  const look = (inside: string, node: string) =>
    caged(
      sceneOf({
        pods: [foo],
        run: nodeSaying({ 'kubectl exec': inside, [patternFile]: node }),
      }),
    );

  it('has a pattern of its own, and the node has its own', async () => {
    expect(await look('core\n', 'core\n')).toEqual({
      reason: 'untouched',
      values: { pattern: 'core' },
    });
    expect(await look('|/cmd\n', 'core\n')).toBe(true);
    expect(await look('|/cmd\n', '|/cmd\n')).toBe('node');
  });
});
