import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Machine } from '#ui/state/machine.svelte.ts';
import { Trace } from '#ui/state/trace.svelte.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { FakeTrace, tellPodStart } from '#ui/testing/fake-trace.ts';
import { TraceEvents } from '#ui/xray/events/trace-events.ts';
import { isNarrowed, noFilter } from './filter.ts';
import { TimeLineView } from './view.svelte.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u1' };
/** Of the axis' units, how many are seen. */
const room = 400;

let node: FakeNode;
let trace: Trace;
let told: FakeTrace;
let events: TraceEvents;
let view: TimeLineView;

beforeEach(() => {
  node = new FakeNode();
  trace = new Trace(new Machine(() => connectionTo(node), new ManualClock()));
  told = new FakeTrace();
  events = new TraceEvents();
  trace.read(events);
  view = new TimeLineView(trace, events);
});

let said = 0;
beforeEach(() => (said = 0));

/** Tells the page of what a test says happened. */
function tell(what: () => unknown): void {
  what();
  const batch = told.batch(said);
  said += batch.records.length;
  node.tellTrace(batch);
}

const schedule = (count: number) => {
  for (let index = 0; index < count; index++)
    told.tell({ kind: 'schedule', node: 'n', milliseconds: 0, pod }, 2);
};

/** More than a trace keeps: 20,000 records, and a quarter before any of them goes. */
const flood = () => {
  schedule(30_000);
};

/** The event at the left edge. */
const leftmost = () => {
  const { left } = view;
  return left === undefined ? undefined : view.axis.recordAt(left);
};

describe('paused', () => {
  it('shows what there was, also when the trace has no more room for it or the filter changes', () => {
    tell(() => tellPodStart(told, { pod, image: 'busybox', pid: 400 }));
    const { length } = view.axis;
    const shown = view.shown.map(({ id }) => id);
    view.paused = true;
    tell(flood);
    expect(events.all).not.toContain(view.shown[0]);
    expect(view.axis.length).toBe(length);
    expect(view.shown.map(({ id }) => id)).toEqual(shown);
    view.filter = { ...noFilter, kind: 'schedule' };
    expect(view.shown).toHaveLength(1);
    expect(view.axis.count).toBe(1);
    view.filter = noFilter;
    expect(view.axis.length).toBe(length);
    view.paused = false;
    expect(view.shown.length).toBeGreaterThan(15_000);
    expect(view.axis.count).toBe(events.moments.length);
  });

  it('counts the events that going on will show, not what they are told by', () => {
    tell(() => {
      schedule(1);
    });
    view.paused = true;
    tell(() => {
      tellPodStart(told, { pod, image: 'busybox', pid: 400 });
      told.call('ListContainers', {}, {}, 2, () => ({}));
    });
    expect(view.missed).toBe(events.all.filter(({ routine }) => !routine).length - 1);
    view.filter = { ...noFilter, kind: 'cri-call' };
    expect(view.missed).toBe(4);
    tell(flood);
    expect(view.missed).toBe(0);
    view.filter = noFilter;
    expect(view.missed).toBe(events.all.length);
  });

  it('goes on with another cluster, of which it has nothing', () => {
    tell(() => tellPodStart(told, { pod, image: 'busybox', pid: 400 }));
    view.paused = true;
    view.toStart();
    view.selected = view.shown[0];
    told = new FakeTrace(2);
    said = 0;
    tell(() => {
      schedule(3);
    });
    expect([view.paused, view.left, view.selected]).toEqual([false, undefined, undefined]);
    expect(view.shown.map(({ id }) => id)).toEqual([1, 2, 3]);
  });
});

describe('looked back at', () => {
  it('stays where it is when what was before goes', () => {
    tell(() => {
      schedule(30_000 - 6_000);
    });
    view.scroll(-20_000, room, 0);
    const seen = leftmost();
    const { left = 0, axis } = view;
    expect(left).toBeCloseTo(axis.length - room - 20_000, 6);
    const distance = axis.positionOfRecord(seen ?? 0) - left;
    tell(() => {
      schedule(6_000);
    });
    expect(view.axis).not.toBe(axis);
    expect(leftmost()).toBe(seen);
    expect(view.axis.positionOfRecord(seen ?? 0) - (view.left ?? 0)).toBeCloseTo(distance, 6);
  });

  it('is the earliest that is kept when it is itself gone', () => {
    tell(() => {
      schedule(100);
    });
    view.toStart();
    tell(flood);
    expect(view.left).toBe(0);
    expect(leftmost()).toBe(events.all[0]?.id);
    view.toEnd();
    expect(view.left).toBeUndefined();
  });
});

describe('what is told one by one', () => {
  const asked = { kind: 'agent-call', method: 'CreateSandbox', request: {}, pod } as const;

  it('is seen when its lane is shown, and where there are virtual machines', () => {
    const show = () => (view.filter = { ...noFilter, hiddenLayers: new Set(['frame']) });
    show();
    expect(view.sees('ninep')).toBe(false);
    tell(() => told.tell(asked));
    expect([view.sees('ninep'), view.sees('frame')]).toEqual([true, false]);
    view.filter = noFilter;
    expect(view.sees('ninep')).toBe(false);
  });

  it('is hidden at first, which narrows nothing', () => {
    tell(() => {
      told.tell(asked);
      told.tell({ kind: 'frame', from: 'node', protocol: 'ARP', length: 42, pod });
    });
    expect(view.shown.map(({ title }) => title)).toEqual(['CreateSandbox']);
    expect(isNarrowed(view.filter)).toBe(false);
    view.filter = { ...noFilter, hiddenLayers: new Set() };
    expect(view.shown.map(({ title }) => title)).toEqual(['CreateSandbox', 'ARP in']);
  });
});
