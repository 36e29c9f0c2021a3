import { beforeEach, describe, expect, it } from 'vitest';
import type { HeldCall } from '#base/stepper.ts';
import { FakeTrace, tellPodStart } from '#ui/testing/fake-trace.ts';
import { layers, type TraceEvent } from '#ui/xray/events/trace-event.ts';
import { TraceEvents } from '#ui/xray/events/trace-events.ts';
import { TimeAxis } from './axis.ts';
import { chainOf } from './chain.ts';
import { matches, noFilter } from './filter.ts';
import { ghostsOf } from './ghosts.ts';
import { LanePlaces, lanesOf } from './lanes.ts';
import { Rows } from './rows.ts';
import { type SceneOptions, drawScene } from './scene.ts';
import type { Shape } from './shapes.ts';
import { svgDocument } from './svg.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u1' };

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

const lanes = new LanePlaces(lanesOf(false), 420);

describe('the scene', () => {
  function sceneOptions(more: Partial<SceneOptions> = {}): SceneOptions {
    const axis = new TimeAxis();
    const rows = new Rows();
    for (const moment of events.moments) {
      if (!matches(moment.event, noFilter)) continue;
      axis.append(moment);
      rows.place(moment.event);
    }
    return {
      ...{ events, axis, rows, width: 1_000, height: 420, lanes },
      names: { width: 100, drawn: undefined },
      ...{ left: 0, scale: 1, held: [], ghosts: [], heldWord: 'held', selected: undefined },
      measure: (text) => text.length * 6,
      ...more,
    };
  }

  const textsOf = (shapes: readonly Shape[]) =>
    shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));

  beforeEach(() => {
    tellPodStart(trace, { pod, image: 'busybox', pid: 400 });
    take();
  });

  it('draws every event of what is seen, each in its lane', () => {
    const options = sceneOptions();
    const scale = 880 / options.axis.length;
    const { hits } = drawScene({ ...options, scale });
    const drawn = new Set(hits.map(({ event }) => event));
    const wanted = events.all.filter((event) => matches(event, noFilter));
    expect(drawn).toEqual(new Set(wanted));
    for (const { event, y, height } of hits)
      expect(Math.abs(y + height / 2 - lanes.y(event.layer))).toBeLessThanOrEqual(17);
  });

  it('writes no name over another, whatever rows of a lane they are of', () => {
    for (let count = 0; count < 6; count++) {
      trace.call('StopContainer', {}, { pod }, 2, () => ({}));
      trace.tell({ kind: 'sync-loop', source: 'config', operation: 'RECONCILE', pods: [pod] }, 1);
    }
    take();
    const { shapes } = drawScene(sceneOptions({ scale: 0.9, width: 3_000 }));
    const names = shapes.filter((shape) => shape.kind === 'text').filter(({ size }) => size > 11);
    expect(names.length).toBeGreaterThan(8);
    const over = names.flatMap((one, index) =>
      names.slice(index + 1).flatMap((other) => {
        const [left, right] = one.x < other.x ? [one, other] : [other, one];
        const meet = Math.abs(one.y - other.y) < 11 && left.x + left.text.length * 6 > right.x;
        return meet ? [`${left.text} / ${right.text}`] : [];
      }),
    );
    expect(over).toEqual([]);
  });

  it('writes no name across a mark, in another lane or cut at the left, in a low figure too', () => {
    for (const [index, name] of ['db', 'cache'].entries()) {
      const other = { namespace: 'default', name, uid: `u${index + 2}` };
      tellPodStart(trace, { pod: other, image: 'busybox', pid: 500 + 100 * index });
    }
    take();
    const height = 206;
    const low = new LanePlaces(lanesOf(false), height);
    const options = sceneOptions({ height, lanes: low, width: 560, scale: 0.6 });
    const { shapes, hits } = drawScene({ ...options, left: options.axis.length / 2 });
    const names = shapes.filter((shape) => shape.kind === 'text').filter(({ size }) => size > 11);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      expect(name.x).toBeGreaterThanOrEqual(100);
      const lane = Math.min(...low.lanes.map((layer) => Math.abs(low.y(layer) - name.y + 3)));
      expect(lane).toBeLessThan(17);
      const across = hits.filter(
        (hit) =>
          hit.x < name.x + name.text.length * 6 &&
          hit.x + hit.width > name.x &&
          hit.y < name.y + 3 &&
          hit.y + hit.height > name.y - 9,
      );
      expect(across.map(({ event }) => `${name.text} / ${event.title}`)).toEqual([]);
    }
  });

  it('draws nothing of what is not seen', () => {
    const { axis } = sceneOptions();
    const { hits } = drawScene(sceneOptions({ left: axis.length + 10 }));
    expect(hits).toEqual([]);
  });

  it('draws what goes on from its beginning to the end of what is known', () => {
    trace.call('StopContainer', {}, { pod }, 5, () => ({}));
    const id = trace.tell({ kind: 'cri-call', service: 's', method: 'ExecSync', request: {}, pod });
    for (let count = 0; count < 40; count++) trace.tell({ kind: 'schedule', node: 'n', pod }, 10);
    take();
    const options = sceneOptions();
    const { hits } = drawScene({ ...options, left: options.axis.length - 300 });
    const hit = hits.find(({ event }) => event.id === id);
    expect(hit?.width).toBeGreaterThan(300);
  });

  it('draws what has ended since the pause as what goes on', () => {
    const call = { kind: 'cri-call', service: 's', method: 'ExecSync', request: {}, pod } as const;
    const id = trace.tell(call);
    for (let count = 0; count < 40; count++) trace.tell({ kind: 'schedule', node: 'n', pod }, 10);
    take();
    const options = sceneOptions({ events: events.snapshot() });
    const answer = { service: 's', method: 'ExecSync', parent: id, milliseconds: 400 };
    const last = trace.batch().records.length;
    trace.tell({ kind: 'cri-return', ...answer });
    events.take(trace.batch(last).records);
    expect(events.get(id)?.end).toBeDefined();
    const { hits } = drawScene({ ...options, left: options.axis.length - 300 });
    expect(hits.find(({ event }) => event.id === id)?.width).toBeGreaterThan(300);
  });

  it('links what follows to what it follows from', () => {
    const links = (selected?: TraceEvent) =>
      drawScene(sceneOptions({ selected, scale: 0.7 })).shapes.filter(
        (shape) =>
          (shape.kind === 'curve' || (shape.kind === 'line' && shape.y1 === shape.y2)) &&
          layers.some((layer) => layer === shape.stroke.colour),
      );
    expect(links().length).toBeGreaterThan(10);
    const pause = events.all.find(({ title }) => title === 'pause');
    const chain = chainOf(pause as TraceEvent, events);
    const titles = events.all.filter(({ id }) => chain.has(id)).map(({ title }) => title);
    expect(titles).toEqual([
      'POST pods/web',
      'POST pods/web/binding',
      'bind to node-1',
      'SyncLoop ADD',
      'syncPod',
      'RunPodSandbox',
      'sandglass-shim',
      'crun',
      'pause',
      // Told of at its end, it is what the shim follows from.
      'crun create',
    ]);
  });

  it('says what is held, and what will come of it', () => {
    const id = trace.tell({
      kind: 'cri-call',
      service: 's',
      method: 'RunPodSandbox',
      request: {},
      pod,
    });
    take();
    const held: HeldCall = { id: 1, point: 'cri/RunPodSandbox', details: { id } };
    const options = sceneOptions();
    const scene = drawScene({
      ...options,
      ...{ held: [held], ghosts: ghostsOf(held, events), left: options.axis.length - 300 },
    });
    const texts = textsOf(scene.shapes);
    expect(texts).toContain('RunPodSandbox · held');
    expect(texts).toContain('pause, pid ?');
    // It has not begun.
    expect(scene.hits.some(({ event }) => event.id === id)).toBe(false);
  });

  it('says that a call failed not by its colour alone', () => {
    const service = 's';
    const parent = trace.tell(
      { kind: 'cri-call', service, method: 'PullImage', request: {}, pod },
      900,
    );
    const error = { code: '5', message: 'not found' };
    trace.tell(
      { kind: 'cri-return', service, method: 'PullImage', parent, milliseconds: 90, error },
      90,
    );
    take();
    const options = sceneOptions();
    const { shapes } = drawScene({ ...options, left: options.axis.length - 300 });
    expect(textsOf(shapes)).toContain('✕ PullImage');
  });

  it('is exported as a document that holds hostile names as text', () => {
    const name = '<script>alert(1)</script>"\x1b[2J\u202e';
    trace.tell(
      {
        ...{ kind: 'api-write', verb: 'create', resource: 'pods', status: 201, userAgent: 'k' },
        ...{ name, pod: { ...pod, name } },
      },
      2_000,
    );
    take();
    const options = sceneOptions({ names: { width: 100, drawn: (layer) => layer } });
    const { shapes } = drawScene({ ...options, left: options.axis.length - 300 });
    const colours = new Proxy({} as never, { get: () => '#123456' });
    const svg = svgDocument({ width: 1_000, height: 420, title: '<&>', shapes, colours });
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&#60;script&#62;');
    expect(svg).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
    expect(svg).toContain('\u241b');
    expect(svg.match(/<text/g)?.length).toBeGreaterThan(6);
    expect(svg).not.toMatch(/var\(|undefined|NaN/);
  });
});
