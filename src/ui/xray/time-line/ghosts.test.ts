import { expect, test } from 'vitest';
import type { HeldCall, HoldPoint } from '#base/stepper.ts';
import { FakeTrace } from '#ui/testing/fake-trace.ts';
import { TraceEvents } from '#ui/xray/events/trace-events.ts';
import { callerLayer, ghostsOf, heldLayer, heldTitle } from './ghosts.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u1' };
const onNodeNetwork = {
  config: { linux: { securityContext: { namespaceOptions: { network: 'NODE' } } } },
};

const held = (point: HoldPoint, request?: object): HeldCall => ({
  ...{ id: 1, point },
  details: request ? { id: 1, request } : {},
});

const titles = (call: HeldCall, events = new TraceEvents()) =>
  ghostsOf(call, events).map(({ layer, title }) => `${layer}: ${title}`);

test('a sandbox is said to get its network and its pause', () => {
  expect(titles(held('cri/RunPodSandbox', { config: {}, runtimeHandler: 'runc' }))).toEqual([
    'runtime: CNI ADD',
    'runtime: create, start',
    'kernel: pause, pid ?',
    'kubelet: PullImage or CreateContainer',
  ]);
});

test('an iteration is said to lead to a pod worker', () => {
  const iteration = held('sync-loop/pleg');
  expect(heldTitle(iteration)).toBe('SyncLoop (pleg)');
  expect(titles(iteration)).toEqual(['kubelet: pod worker']);
});

test('nothing is said of the network of a pod that has the node’s', () => {
  const run = titles(held('cri/RunPodSandbox', onNodeNetwork));
  expect(run).toContain('kernel: pause, pid ?');
  expect(run.filter((title) => title.includes('CNI'))).toEqual([]);
});

test('a sandbox that is stopped leaves the network that it was made with', () => {
  const events = new TraceEvents();
  const trace = new FakeTrace();
  const make = (sandboxId: string, request: object) =>
    trace.call('RunPodSandbox', request, { pod }, 200, () => ({ sandboxId }));
  make('of-the-node', onNodeNetwork);
  make('of-its-own', { config: {} });
  events.take(trace.batch().records);
  const stop = (podSandboxId: string) =>
    titles(held('cri/StopPodSandbox', { podSandboxId }), events);
  expect(stop('of-the-node')).toEqual(['runtime: kill, delete', 'kernel: pause, exit']);
  expect(stop('of-its-own')).toContain('runtime: CNI DEL');
});

test('of a pod that is a virtual machine it is said what happens in the machine', () => {
  const events = new TraceEvents();
  const trace = new FakeTrace();
  const [sandboxId, containerId] = ['s1', 'c1'];
  const request = { config: {}, runtimeHandler: 'kata-fc' };
  expect(titles(held('cri/RunPodSandbox', request))).toContain('machine: CreateSandbox');
  trace.call('RunPodSandbox', request, { pod }, 200, () => ({ sandboxId }));
  trace.call('CreateContainer', {}, { pod, sandboxId }, 10, () => ({ containerId }));
  events.take(trace.batch().records);
  expect(titles(held('cri/CreateContainer', { podSandboxId: 's1', config: {} }), events)).toEqual([
    'kubelet: StartContainer',
  ]);
  expect(titles(held('cri/StartContainer', { containerId }), events)).toEqual([
    'kernel: share, pid ?',
    'machine: CreateContainer',
    'machine: StartContainer',
  ]);
  expect(titles(held('cri/RemoveContainer', { containerId }), events)).toEqual([]);
});

test('of the calls of an agent those are said that its sandbox’s beginning consists of', () => {
  const call = held('agent/UpdateInterface', {});
  expect([heldTitle(call), heldLayer(call), callerLayer(call)]).toEqual([
    'UpdateInterface',
    'machine',
    'runtime',
  ]);
  expect(titles(call)).toEqual([
    'machine: UpdateRoutes',
    'machine: CreateSandbox',
    'machine: GetGuestDetails',
  ]);
  expect(titles(held('agent/StartContainer', {}))).toEqual([]);
});

test('of the reader’s own runtime no more is said than that it runs', () => {
  expect(titles(held('cri/RunPodSandbox', { config: {}, runtimeHandler: 'toy' }))).toEqual([
    'runtime: toy RunPodSandbox',
    'kernel: toy, pid ?',
    'kubelet: PullImage or CreateContainer',
  ]);
  expect(titles(held('cri/CreateContainer', { podSandboxId: 'toy-1', config: {} }))).toEqual([
    'runtime: toy CreateContainer',
    'kernel: toy, pid ?',
    'kubelet: StartContainer',
  ]);
  expect(titles(held('cri/StopContainer', { containerId: 'toy-1-2' }))).toEqual([
    'runtime: toy StopContainer',
    'kernel: toy, pid ?',
  ]);
  expect(titles(held('cri/StartContainer', { containerId: 'abc' }))).not.toContain(
    'runtime: toy StartContainer',
  );
});
