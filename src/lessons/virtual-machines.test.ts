import { expect, it } from 'vitest';
import type { Pod } from '#kube/types.ts';
import type { Scene } from './code.ts';
import { inContainer, machinePods, virtualMachines } from './virtual-machines.ts';

const sandbox = (id: string, runtimeHandler: string, more: object = {}) => ({
  id,
  state: 'SANDBOX_READY',
  runtimeHandler,
  metadata: { name: id, uid: `uid-of-${id}`, namespace: 'default' },
  ...more,
});

const pod = (name: string): Pod => ({
  metadata: { name, namespace: 'default', uid: `uid-of-${name}` },
  spec: { containers: [{ name: 'first' }, { name: 'second' }] },
});

/** A node whose runtime lists these sandboxes; what else is run there is kept. */
function scene(items: readonly object[], pods: readonly Pod[] = []) {
  const commands: string[] = [];
  const run: Scene['run'] = (command) => {
    commands.push(command);
    return Promise.resolve({ code: 0, stdout: JSON.stringify({ items }), stderr: '' });
  };
  const rest = { events: [], held: [], breakpoints: [], trace: [], passed: [] };
  return { ...rest, pods, run, commands };
}

it('knows a machine by the handler that made it', async () => {
  const metadata = { name: 'b', uid: 'uid-of-b', attempt: 2 };
  const listed = scene([
    sandbox('a', ''),
    sandbox('b', 'kata-fc', { metadata, state: 'SANDBOX_NOTREADY' }),
    sandbox('c', 'kata-qemu'),
  ]);
  expect(await virtualMachines(listed)).toEqual([
    { id: 'b', handler: 'kata-fc', uid: 'uid-of-b', attempt: 2, ready: false },
    { id: 'c', handler: 'kata-qemu', uid: 'uid-of-c', attempt: 0, ready: true },
  ]);
});

it('has none where the runtime does not answer', async () => {
  const run = () => Promise.resolve({ code: 1, stdout: '', stderr: 'no runtime' });
  expect(await virtualMachines({ run })).toEqual([]);
});

it('finds the pods whose machine is ready, of one handler or of any', async () => {
  const pods = ['a', 'b', 'c', 'd'].map(pod);
  const all = scene(
    [
      sandbox('a', 'crun'),
      sandbox('b', 'kata-fc'),
      sandbox('c', 'kata-template'),
      sandbox('d', 'kata-fc', { state: 'SANDBOX_NOTREADY' }),
    ],
    pods,
  );
  expect((await machinePods(all)).map(({ metadata }) => metadata?.name)).toEqual(['b', 'c']);
  expect((await machinePods(all, 'kata-fc')).map(({ metadata }) => metadata?.name)).toEqual(['b']);
});

it('asks the first container unless one is named', async () => {
  const node = scene([]);
  await inContainer(node, pod('a'), { command: 'cat /proc/version' });
  await inContainer(node, pod('a'), { container: 'second', command: "sh -c 'echo *'" });
  expect(node.commands).toEqual([
    'kubectl exec -n default a -c first -- cat /proc/version',
    "kubectl exec -n default a -c second -- sh -c 'echo *'",
  ]);
});
