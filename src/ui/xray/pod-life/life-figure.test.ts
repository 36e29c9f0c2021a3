import { beforeEach, describe, expect, it } from 'vitest';
import type { TraceRecord } from '#base/trace-records.ts';
import type { Event, Pod } from '#kube/types.ts';
import { PodLives } from '#ui/state/pod-lives.ts';
import { lifeFigure, lifeScale } from './life-figure.ts';

const uid = 'u1';
const at = (seconds: number) => new Date(Date.UTC(2026, 2, 1, 12) + seconds * 1000).toISOString();
const time = (seconds: number) => Date.parse(at(seconds));

let lives: PodLives;
let records: TraceRecord[];

beforeEach(() => {
  lives = new PodLives();
  records = [];
});

type Status = NonNullable<Pod['status']>;

function become(resourceVersion: string, status: Status, metadata: object = {}): void {
  const about = { uid, name: 'web', namespace: 'default', creationTimestamp: at(0) };
  lives.take([{ metadata: { ...about, resourceVersion, ...metadata }, status }]);
}

function written(resourceVersion: string, milliseconds: number): void {
  records.push({
    ...{
      id: records.length + 1,
      time: milliseconds,
      kind: 'api-write',
      verb: 'patch',
      status: 200,
    },
    ...{ resource: 'pods', name: 'web', resourceVersion, userAgent: 'kubelet' },
    pod: { uid, name: 'web', namespace: 'default' },
  });
}

function figure(events: Event[] = []) {
  const [life] = lives.all;
  return life ? lifeFigure(life, records, events) : expect.fail('There is no life.');
}

const row = (name: string) =>
  figure().rows.find((each) => each.name === name) ?? expect.fail(`There is no row ${name}.`);

const ready = (status: 'True' | 'False', seconds: number) => ({
  conditions: [{ type: 'Ready', status, lastTransitionTime: at(seconds) }],
});

describe('a pod’s life', () => {
  it('goes from phase to phase, at the times of the writes', () => {
    become('1', { phase: 'Pending' });
    become('5', { phase: 'Running' });
    become('9', { phase: 'Succeeded' });
    written('1', time(0) + 12);
    written('5', time(1) + 208);
    written('9', time(9) + 7);
    expect(row('phase').segments).toEqual([
      { from: time(0) + 12, to: time(1) + 208, text: 'Pending', tone: 'waiting' },
      { from: time(1) + 208, to: time(9) + 7, text: 'Running', tone: 'on' },
      { from: time(9) + 7, text: 'Succeeded', tone: 'well' },
    ]);
  });

  it('takes the object’s own times where the trace does not tell', () => {
    become('5', { phase: 'Running', ...ready('True', 3) });
    expect(row('Ready').segments).toEqual([{ from: time(3), text: 'True', tone: 'well' }]);
    become('6', { phase: 'Running', ...ready('False', 8) });
    expect(row('Ready').segments.map(({ from, text }) => [from, text])).toEqual([
      [time(3), 'True'],
      [time(8), 'False'],
    ]);
  });

  it('has a container’s states, why it failed, and when it began again', () => {
    const container = (state: object, restartCount: number) =>
      ({ phase: 'Running', containerStatuses: [{ name: 'c', state, restartCount }] }) as Status;
    become('1', container({ waiting: { reason: 'ContainerCreating' } }, 0));
    become('2', container({ running: { startedAt: at(2) } }, 0));
    become(
      '3',
      container({ terminated: { exitCode: 137, reason: 'Error', finishedAt: at(4) } }, 0),
    );
    become('4', container({ waiting: { reason: 'CrashLoopBackOff' } }, 0));
    become('5', container({ running: { startedAt: at(15) } }, 1));
    const { segments, restarts } = row('c');
    expect(segments.map(({ text, tone }) => [text, tone])).toEqual([
      ['ContainerCreating', 'waiting'],
      ['running', 'on'],
      ['Error (137)', 'bad'],
      ['CrashLoopBackOff', 'bad'],
      ['running', 'on'],
    ]);
    expect(restarts).toEqual([time(15)]);
  });

  it('says that a pod is to go, and that it has gone', () => {
    become('1', { phase: 'Running' });
    become('2', { phase: 'Running' }, { deletionTimestamp: at(30) });
    expect(row('phase').segments.at(-1)?.text).toBe('Terminating');
    lives.take([]);
    expect(lives.all[0]?.gone).toBe(true);
  });

  it('is changed only by what changes', () => {
    become('1', { phase: 'Running' });
    become('2', { phase: 'Running' }, { labels: { a: 'b' } });
    expect(lives.all[0]?.versions).toHaveLength(1);
  });

  it('has its own events pinned, in their order', () => {
    become('1', { phase: 'Running' });
    const event = (reason: string, of: string, seconds: number) =>
      ({
        ...{ involvedObject: { uid: of }, reason, message: 'm', type: 'Warning', count: 2 },
        lastTimestamp: at(seconds),
      }) as unknown as Event;
    const { pins } = figure([event('B', uid, 5), event('X', 'other', 1), event('A', uid, 2)]);
    expect(pins.map(({ reason, count, warning }) => [reason, count, warning])).toEqual([
      ['A', 2, true],
      ['B', 2, true],
    ]);
  });

  it('is, of a static pod, told of by the hash of its file: in the trace and in the kubelet’s events', () => {
    const annotations = { 'kubernetes.io/config.mirror': uid };
    become('1', { phase: 'Pending' }, { uid: 'of-the-api', annotations });
    written('1', Date.parse(at(1)) + 234);
    const started = {
      ...{ involvedObject: { uid }, reason: 'Started', lastTimestamp: at(2) },
    } as unknown as Event;
    const { pins, times } = figure([started]);
    expect(pins.map(({ reason }) => reason)).toEqual(['Started']);
    expect(times).toContain(Date.parse(at(1)) + 234);
    expect(lives.all[0]?.pod.uid).toBe('of-the-api');
  });
});

it('keeps so many lives, those of pods that are gone first to go', () => {
  const pods = Array.from({ length: 60 }, (_, index) => ({
    metadata: { uid: `p${index}`, creationTimestamp: at(index) },
  }));
  lives.take(pods);
  const [first, second, ...others] = pods;
  if (!first || !second) throw new Error('There are sixty.');
  lives.take([first, ...others]);
  lives.take([first, ...others, { metadata: { uid: 'new' } }]);
  const uids = lives.all.map(({ pod }) => pod.uid);
  expect(uids).toHaveLength(60);
  expect(uids).toContain('p0');
  expect(uids).not.toContain('p1');
});

it('the scale keeps times in order, and within the width', () => {
  const times = [0, 10, 20, 4_000, 3_600_000];
  const scale = lifeScale(times, 500);
  const places = times.map(scale);
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(new Set(places).size).toBe(5);
  expect(places.at(-1)).toBeLessThan(480);
});
