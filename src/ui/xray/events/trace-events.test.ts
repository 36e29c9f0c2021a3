import { beforeEach, describe, expect, it } from 'vitest';
import type { TraceBody, TraceRecord } from '#base/trace-records.ts';
import { answerOf, bodyOf } from './messages.ts';
import { pidsOf } from './pids.ts';
import { TraceEvents } from './trace-events.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u' };
const other = { namespace: 'default', name: 'db', uid: 'v' };

let events: TraceEvents;
let nextId: number;
let time: number;

beforeEach(() => {
  events = new TraceEvents();
  nextId = 1;
  time = 1_000;
});

/** A millisecond after the one before. */
function tell(body: TraceBody, after = 1): number {
  time += after;
  const record: TraceRecord = { id: nextId++, time, ...body };
  events.take([record]);
  return record.id;
}

function call(method: string, about: Partial<TraceBody> = { pod }): number {
  return tell({
    kind: 'cri-call',
    service: 's',
    method,
    request: { method },
    ...about,
  } as TraceBody);
}

function answer(parent: number, outcome: object = { response: {} }): void {
  tell({
    kind: 'cri-return',
    service: 's',
    method: 'm',
    parent,
    milliseconds: 4,
    ...outcome,
  });
}

const get = (id: number) => events.get(id) ?? expect.fail(`There is no event ${id}.`);
const shown = () => events.all.filter(({ routine }) => !routine).map(({ title }) => title);

describe('events', () => {
  it('join an answer with its call, whichever comes first', () => {
    const [first, second] = [call('RunPodSandbox'), call('PullImage')];
    expect(events.all.map(({ title, end }) => [title, end])).toEqual([
      ['RunPodSandbox', undefined],
      ['PullImage', undefined],
    ]);
    answer(second);
    answer(first, { response: { podSandboxId: 'abc' }, sandboxId: 'abc', pid: 70 });
    expect(get(first)).toMatchObject({
      layer: 'shim',
      begin: 1_001,
      end: 1_004,
      milliseconds: 4,
      links: { pod, sandboxId: 'abc', pid: 70 },
    });
    expect(events.moments.map(({ event }) => event.id)).toEqual([1, 2, 2, 1]);
  });

  it('say what failed, which is shown even if it goes on by the clock', () => {
    const [failed, well] = [call('ListImages', {}), call('ListImages', {})];
    expect(shown()).toEqual([]);
    answer(failed, { error: { code: '5', message: 'not found' } });
    answer(well);
    expect(get(failed).error).toEqual({ code: '5', message: 'not found' });
    expect(shown()).toEqual(['ListImages']);
  });

  it('hide what goes on by the clock, and what is no pod’s', () => {
    tell({ kind: 'sync-loop', source: 'sync', operation: 'SYNC', pods: [] });
    tell({ kind: 'sync-loop', source: 'housekeeping', operation: 'HOUSEKEEPING', pods: [] });
    tell({ kind: 'process', event: 'fork', pid: 9, parentPid: 1 });
    const write = { kind: 'api-write', verb: 'update', status: 200, userAgent: 'kubelet' } as const;
    tell({ ...write, resource: 'leases', name: 'node-1' });
    tell({ kind: 'sync-loop', source: 'sync', operation: 'SYNC', pods: [pod] });
    tell({ ...write, resource: 'pods', name: 'web', pod });
    expect(shown()).toEqual(['SyncLoop (SYNC)', 'PUT pods/web']);
  });

  it('know the pods that they are about, as long as they are kept', () => {
    tell({ kind: 'schedule', node: 'node-1', milliseconds: 5, pod });
    tell({ kind: 'sync-loop', source: 'sync', operation: 'SYNC', pods: [] });
    expect([...events.pods.values()]).toEqual([pod]);
    events.retain((id) => id === 2);
    expect([...events.pods.values()]).toEqual([]);
  });

  it('begin before they are told of, if they are told of at their end', () => {
    time = 2_000;
    tell({ kind: 'oci', argv: ['crun', 'create', 'x'], exitCode: 0, milliseconds: 30, pod });
    tell({ kind: 'schedule', node: 'node-1', milliseconds: 5, pod });
    expect(events.all).toMatchObject([
      { title: 'crun create', layer: 'runtime', begin: 1_971, end: 2_001 },
      { title: 'bind to node-1', layer: 'scheduler', begin: 1_997, end: 2_002 },
    ]);
  });

  it('name a process by its program, and join the end of a short life with its beginning', () => {
    const short = tell({ kind: 'process', event: 'fork', pid: 9, parentPid: 1, pod });
    tell({ kind: 'process', event: 'exec', pid: 9, name: 'crun', pod });
    tell({ kind: 'process', event: 'exit', pid: 9, exit: '0', pod });
    const long = tell({ kind: 'process', event: 'fork', pid: 10, parentPid: 1, pod });
    tell({ kind: 'process', event: 'exec', pid: 10, name: 'httpd', pod });
    const exit = tell({ kind: 'process', event: 'exit', pid: 10, exit: 'SIGKILL', pod }, 60_000);
    expect(get(short)).toMatchObject({ title: 'crun', milliseconds: 2 });
    expect(get(long).milliseconds).toBeUndefined();
    expect(get(exit)).toMatchObject({ title: 'httpd exit SIGKILL', cause: long });
  });

  it('join the frames of a stream with its opening and its close', () => {
    const open = tell({
      kind: 'stream',
      event: 'open',
      path: '/exec/abc',
      protocol: 'websocket',
      pod,
    });
    const frame = { kind: 'stream', event: 'frame', parent: open, pod } as const;
    tell({ ...frame, from: 'client', name: 'binary', length: 3, channel: 0, text: 'ls' });
    expect(get(open)).toMatchObject({ title: 'exec stream', layer: 'shim' });
    expect(get(open).end).toBeUndefined();
    tell({ kind: 'stream', event: 'close', frames: 1, bytes: 3, untold: 0, parent: open, pod });
    expect(get(open)).toMatchObject({ milliseconds: 2 });
    expect(events.all).toHaveLength(1);
    expect(answerOf(get(open).records, () => undefined)).toMatchObject({
      kind: 'messages',
      messages: [{ from: 'client', text: 'ls' }],
    });
    tell({ kind: 'stream', event: 'refused', path: '/attach/abc', status: 404, pod });
    expect(shown()).toContain('attach refused: 404');
  });

  it('of a pod’s virtual machine have layers of their own, which are there once it is', () => {
    expect(events.hasMachines).toBe(false);
    const cri = call('RunPodSandbox');
    const begun = tell({ kind: 'agent-call', method: 'CreateSandbox', request: { a: 1 }, pod });
    const outcome = { milliseconds: 9, response: { b: 2 } };
    tell({ kind: 'agent-return', method: 'CreateSandbox', parent: begun, ...outcome, pod });
    expect(events.hasMachines).toBe(true);
    expect(get(begun)).toMatchObject({
      ...{ title: 'CreateSandbox', layer: 'machine', milliseconds: 9, cause: cri },
    });
    expect(bodyOf(get(begun).records[0])).toEqual({ a: 1 });
    expect(answerOf(get(begun).records, () => undefined)).toMatchObject({ response: { b: 2 } });
    const sizes = { requestBytes: 20, replyBytes: 11, milliseconds: 3 };
    time = 2_000;
    const walk = tell({ kind: 'ninep', name: 'Twalk', refused: 'ENOENT', ...sizes, pod });
    const frame = tell({ kind: 'frame', from: 'guest', protocol: 'ARP', length: 42, pod });
    const lost = tell({ kind: 'lost', what: 'frames', detail: 'frame', count: 7, pod });
    expect([walk, frame, lost].map((id) => [get(id).layer, get(id).title, get(id).cause])).toEqual([
      ['ninep', 'Twalk ENOENT', undefined],
      ['frame', 'ARP out', undefined],
      ['frame', '7 frames lost', undefined],
    ]);
    expect(get(walk)).toMatchObject({ begin: 1_998, end: 2_001, milliseconds: 3 });
    events.begin();
    expect(events.hasMachines).toBe(false);
  });

  it('of an agent’s calls that wait are told of when they have come, and may be what PLEG tells of', () => {
    const waited = { kind: 'agent-return', milliseconds: 60_000, pod } as const;
    const wait = tell({ ...waited, method: 'WaitProcess', response: { status: 3 } });
    tell({ ...waited, method: 'ReadStdout', response: {} });
    expect(shown()).toEqual(['WaitProcess']);
    expect(get(wait)).toMatchObject({ layer: 'machine', begin: 1_001, end: 1_001 });
    expect(get(wait).milliseconds).toBeUndefined();
    expect(bodyOf(get(wait).records[0])).toMatchObject({ response: { status: 3 } });
    const pleg = tell({
      ...{ kind: 'sync-loop', source: 'pleg', operation: 'ContainerDied', pods: [pod], pod },
    });
    expect(get(pleg).cause).toBe(wait);
  });

  it('begin anew with a new cluster', () => {
    const before = call('RunPodSandbox');
    events.begin();
    answer(before);
    expect(events.all).toEqual([]);
    expect(events.get(before)).toBeUndefined();
  });

  it('keep only what the trace keeps', () => {
    const [first, second] = [call('RunPodSandbox'), call('PullImage')];
    const { generation } = events;
    events.retain((id) => id > first);
    expect(events.all.map(({ id }) => id)).toEqual([second]);
    expect(events.moments.map(({ event }) => event.id)).toEqual([second]);
    expect(events.generation).not.toBe(generation);
    answer(first);
    answer(second);
    expect(get(second).end).toBeDefined();
    expect(events.all).toHaveLength(1);
  });
});

describe('what follows from what', () => {
  const write = { kind: 'api-write', resource: 'pods', name: 'web', status: 201 } as const;

  it('is nothing that is kept no more', () => {
    const added = tell({ kind: 'sync-loop', source: 'config', operation: 'ADD', pods: [pod], pod });
    const forked = tell({ kind: 'process', event: 'fork', pid: 50, parentPid: 2, pod });
    events.retain((id) => id > forked);
    const work = tell({ kind: 'pod-worker', phase: 'sync', event: 'begin', pod });
    const child = tell({ kind: 'process', event: 'fork', pid: 51, parentPid: 50, pod });
    expect([get(work).cause, get(child).cause]).toEqual([undefined, undefined]);
    events.retain((id) => id > added);
    const run = call('RunPodSandbox');
    expect(get(run).cause).toBe(work);
  });

  it('goes from a write to the process that came of it', () => {
    const created = tell({ ...write, verb: 'create', userAgent: 'kubectl', pod });
    const bound = tell({ ...write, verb: 'binding', userAgent: 'kube-scheduler', pod });
    const scheduled = tell({ kind: 'schedule', node: 'n', milliseconds: 3, pod });
    const added = tell({ kind: 'sync-loop', source: 'config', operation: 'ADD', pods: [pod], pod });
    const work = tell({ kind: 'pod-worker', phase: 'sync', event: 'begin', pod });
    const run = call('RunPodSandbox');
    const forked = tell({ kind: 'process', event: 'fork', pid: 50, parentPid: 2, pod });
    const child = tell({ kind: 'process', event: 'fork', pid: 51, parentPid: 50, pod });
    const oci = tell({ kind: 'oci', argv: ['crun', 'create'], milliseconds: 10, pod });
    answer(run);
    const status = tell({
      ...write,
      verb: 'patch',
      subresource: 'status',
      userAgent: 'kubelet',
      pod,
    });
    const pleg = tell({
      kind: 'sync-loop',
      source: 'pleg',
      operation: 'ContainerStarted',
      pods: [pod],
      pod,
    });
    const causes = [bound, scheduled, added, work, run, forked, child, oci, status, pleg].map(
      (id) => get(id).cause,
    );
    expect(causes).toEqual([scheduled, created, bound, added, work, oci, forked, run, work, run]);
  });

  it('never goes from one pod to another', () => {
    tell({ kind: 'pod-worker', phase: 'sync', event: 'begin', pod });
    const run = call('RunPodSandbox', { pod: other });
    expect(get(run).cause).toBeUndefined();
    const forked = tell({ kind: 'process', event: 'fork', pid: 50, parentPid: 2, pod });
    expect(get(forked).cause).toBeUndefined();
  });

  it('gives the processes that an event led to', () => {
    const run = call('RunPodSandbox');
    tell({ kind: 'process', event: 'fork', pid: 50, parentPid: 2, pod });
    tell({ kind: 'process', event: 'exec', pid: 50, name: 'crun', pod });
    tell({ kind: 'process', event: 'fork', pid: 51, parentPid: 50, pod });
    tell({ kind: 'process', event: 'exec', pid: 51, name: 'pause', pod });
    answer(run, { response: {}, pid: 51 });
    expect(pidsOf(get(run), events.all)).toEqual([
      { pid: 50, name: 'crun' },
      { pid: 51, name: 'pause' },
    ]);
  });
});

describe('an answer', () => {
  const returned = {
    kind: 'cri-return',
    service: 's',
    method: 'm',
    milliseconds: 1,
    time: 1,
  } as const;
  const first: TraceRecord = { ...returned, id: 2, response: { images: [] } };

  it('that is the same as before is that one', () => {
    const again: TraceRecord = { ...returned, id: 9, unchangedSince: 2 };
    const find = (id: number) => (id === 2 ? first : undefined);
    expect(answerOf([again], find)).toEqual({
      kind: 'response',
      response: { images: [] },
      unchanged: true,
    });
    expect(answerOf([again], () => undefined)).toEqual({ kind: 'not-kept' });
  });

  it('is what a stream has sent so far', () => {
    const message: TraceRecord = { ...returned, kind: 'cri-message', id: 3, response: 1 };
    expect(answerOf([message, { ...message, id: 4, response: 2 }], () => undefined)).toEqual({
      kind: 'messages',
      messages: [1, 2],
    });
  });
});
