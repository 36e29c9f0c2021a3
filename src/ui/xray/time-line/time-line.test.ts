import { beforeEach, describe, expect, it } from 'vitest';
import { FakeTrace, tellPodStart } from '#ui/testing/fake-trace.ts';
import type { TraceEvent } from '#ui/xray/events/trace-event.ts';
import { TraceEvents } from '#ui/xray/events/trace-events.ts';
import { TimeAxis, stretch } from './axis.ts';
import { traceJson } from './export.ts';
import { type EventFilter, isNarrowed, matches, noFilter } from './filter.ts';
import { nextByKey } from './neighbours.ts';
import { Rows } from './rows.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u1' };
const other = { namespace: 'default', name: 'db', uid: 'u2' };

let trace: FakeTrace;
let events: TraceEvents;

beforeEach(() => {
  trace = new FakeTrace();
  events = new TraceEvents();
});

function take(): void {
  events.begin();
  events.take(trace.batch().records);
}

function titled(title: string): TraceEvent {
  return events.all.find((event) => event.title === title) ?? expect.fail(`There is no ${title}.`);
}

describe('the axis', () => {
  function axisOf(filter: EventFilter = noFilter): TimeAxis {
    const axis = new TimeAxis();
    for (const moment of events.moments) if (matches(moment.event, filter)) axis.append(moment);
    return axis;
  }

  it('goes on with what happens, and hardly with what does not', () => {
    expect(stretch(0)).toBeGreaterThan(0);
    expect(stretch(10)).toBeGreaterThan(stretch(1));
    // An hour without an event takes a finger's width.
    expect(stretch(3_600_000)).toBeLessThan(150);
  });

  it('has each event where it began and ended', () => {
    tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
    take();
    const axis = axisOf();
    const run = axis.extentOf(titled('RunPodSandbox'));
    const start = axis.extentOf(titled('StartContainer'));
    if (!run || !start) throw new Error('They are not on the axis.');
    expect(run.from).toBeLessThan(run.to);
    expect(run.to).toBeLessThan(start.from);
    const { begin, end } = titled('RunPodSandbox');
    expect(axis.timeAt(run.from)).toBeCloseTo(begin, 0);
    expect(axis.timeAt(run.to)).toBeCloseTo(end ?? 0, 0);
    // It is told of at its end, and lies where it began.
    const create = axis.extentOf(titled('crun create'));
    expect(create?.from).toBeGreaterThan(run.from);
    expect(create?.to).toBeLessThan(run.to);
    expect(create?.from).toBeLessThan(create?.to ?? 0);
  });

  it('tells events of one moment apart', () => {
    for (let count = 0; count < 3; count++) trace.tell({ kind: 'schedule', node: 'n', pod }, 0);
    take();
    const axis = axisOf();
    const places = events.all.map((event) => axis.extentOf(event)?.to);
    expect(new Set(places).size).toBe(3);
  });

  it('names long stretches in which nothing happened', () => {
    trace.tell({ kind: 'schedule', node: 'n', pod });
    trace.tell({ kind: 'schedule', node: 'n', pod }, 50);
    trace.tell({ kind: 'schedule', node: 'n', pod }, 5_000);
    take();
    const axis = axisOf();
    expect(axis.gaps(0, axis.length, 900).map(({ milliseconds }) => milliseconds)).toEqual([5_000]);
  });
});

describe('the filter', () => {
  beforeEach(() => {
    tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
    tellPodStart(trace, { pod: other, image: 'busybox', pid: 500 });
    trace.tell({ kind: 'process', event: 'fork', pid: 900, parentPid: 1 });
    take();
  });

  const shown = (filter: Partial<EventFilter>) =>
    events.all.filter((event) => matches(event, { ...noFilter, ...filter }));

  it('leaves out what is routine unless it is asked for', () => {
    expect(shown({}).some(({ links }) => links.pid === 900)).toBe(false);
    expect(shown({ routine: true }).some(({ links }) => links.pid === 900)).toBe(true);
    expect(shown({ text: '900' }).map(({ links }) => links.pid)).toEqual([900]);
  });

  it('goes by pod, kind and layer', () => {
    const ofPod = shown({ pod: pod.uid });
    expect(ofPod.length).toBeGreaterThan(10);
    expect(ofPod.every(({ links }) => links.pod?.uid === pod.uid)).toBe(true);
    expect(shown({ kind: 'sync-loop' }).every(({ kind }) => kind === 'sync-loop')).toBe(true);
    const hiddenLayers = new Set(['kernel', 'api'] as const);
    expect(new Set(shown({ hiddenLayers }).map(({ layer }) => layer))).toEqual(
      new Set(['scheduler', 'kubelet', 'shim', 'runtime']),
    );
  });

  it('looks for a text in what was told, too', () => {
    expect(shown({ text: '  BusyBox ' }).map(({ title }) => title)).toEqual([
      'PullImage',
      'PullImage',
    ]);
    expect(isNarrowed({ ...noFilter, text: '  ' })).toBe(false);
    expect(isNarrowed({ ...noFilter, text: 'x' })).toBe(true);
  });
});

describe('rows of a lane', () => {
  it('keep apart what goes on at once, and are used again', () => {
    const begin = (uid: string) =>
      trace.tell({ kind: 'pod-worker', phase: 'sync', event: 'begin', pod: { ...pod, uid } });
    const end = (parent: number, uid: string) =>
      trace.tell({
        ...{ kind: 'pod-worker', phase: 'sync', event: 'end' },
        ...{ pod: { ...pod, uid }, parent, milliseconds: 1 },
      });
    const first = begin('a');
    const second = begin('b');
    end(first, 'a');
    const third = begin('c');
    take();
    const rows = new Rows();
    for (const event of events.all) rows.place(event);
    const rowOf = (id: number) => rows.of(events.get(id) as TraceEvent);
    expect([rowOf(first), rowOf(second), rowOf(third)]).toEqual([0, 1, 0]);
  });
});

describe('the arrow keys', () => {
  it('go from event to event and from lane to lane', () => {
    tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
    take();
    const shown = events.all.filter((event) => matches(event, noFilter));
    const run = titled('RunPodSandbox');
    expect(nextByKey('ArrowLeft', shown, undefined)).toBe(shown.at(-1));
    expect(nextByKey('ArrowLeft', shown, shown[0])).toBe(shown[0]);
    expect(nextByKey('ArrowRight', shown, shown[0])).toBe(shown[1]);
    expect(nextByKey('ArrowDown', shown, run)?.layer).toBe('runtime');
    expect(nextByKey('ArrowUp', shown, run)?.layer).toBe('kubelet');
    expect(nextByKey('x', shown, run)).toBeUndefined();
  });
});

it('the JSON has the records of what is shown, each once and in their order', () => {
  tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
  take();
  const run = titled('RunPodSandbox');
  const parsed = JSON.parse(traceJson([run, run])) as { records: { kind: string; id: number }[] };
  expect(parsed.records.map(({ kind }) => kind)).toEqual(['cri-call', 'cri-return']);
});
