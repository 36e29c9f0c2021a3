import type { RecordOf, TraceRecord } from '#base/trace-records.ts';
import type { Event } from '#kube/types.ts';
import type { PodLife, PodVersion } from '#ui/state/pod-lives.ts';
import { stretch } from '#ui/xray/time-line/axis.ts';

export type Tone = 'waiting' | 'on' | 'well' | 'over' | 'bad';

/** What held for a while. */
export interface Segment {
  from: number;
  /** Absent while it holds. */
  to?: number;
  text: string;
  tone: Tone;
}

export interface Row {
  kind: 'phase' | 'condition' | 'container';
  name: string;
  segments: readonly Segment[];
  /** When the container was started again. */
  restarts: readonly number[];
}

export interface Pin {
  time: number;
  reason: string;
  message: string;
  count: number;
  warning: boolean;
}

export interface LifeFigure {
  rows: readonly Row[];
  pins: readonly Pin[];
  /** All times at which something changed, each once, in their order. */
  times: readonly number[];
}

/**
 * A pod's life as rows of what held from when to when. The time of a change is that of the write that made it, from the
 * trace; of one that the trace does not tell of, the time that the object itself names, to a second.
 */
export function lifeFigure(
  { created, versions, uidOnNode }: PodLife,
  records: readonly TraceRecord[],
  events: readonly Event[],
): LifeFigure {
  const writes = new Map(
    records
      .filter((record): record is RecordOf<'api-write'> => record.kind === 'api-write')
      .filter(({ pod }) => pod?.uid === uidOnNode)
      .map(({ resourceVersion, time }) => [resourceVersion, time]),
  );
  const dated = datedVersions(versions, writes, created);
  const pins = pinsOf(events, uidOnNode);
  const rows = [phaseRow(dated), ...conditionRows(dated), ...containerRows(dated)];
  const times = [
    created,
    ...rows.flatMap(({ segments }) => segments.map(({ from }) => from)),
    ...pins.map(({ time }) => time),
  ];
  return { rows, pins, times: [...new Set(times)].sort((one, other) => one - other) };
}

interface Dated {
  version: PodVersion;
  time: number;
  /** The first that the page saw: what it says may have begun before. */
  isFirst: boolean;
}

function datedVersions(
  versions: readonly PodVersion[],
  writes: ReadonlyMap<string | undefined, number>,
  created: number,
): readonly Dated[] {
  let last = created;
  return versions.map((version, index) => {
    last = Math.max(last, writes.get(version.resourceVersion) ?? version.stamp);
    const isFirst = index === 0 && !writes.has(version.resourceVersion);
    return { version, time: last, isFirst };
  });
}

function phaseRow(dated: readonly Dated[]): Row {
  const segments = segmentsOf(dated, ({ phase, terminating }) => ({
    text: terminating ? 'Terminating' : phase,
    tone: terminating ? 'waiting' : toneOfPhase(phase),
    since: undefined,
  }));
  return { kind: 'phase', name: 'phase', segments, restarts: [] };
}

function toneOfPhase(phase: string): Tone {
  switch (phase) {
    case 'Running':
      return 'on';
    case 'Succeeded':
      return 'well';
    case 'Failed':
      return 'bad';
    default:
      return 'waiting';
  }
}

function conditionRows(dated: readonly Dated[]): Row[] {
  const types = dated.flatMap(({ version }) => version.conditions.map(({ type }) => type));
  const rows = [...new Set(types)].map((type): Row => {
    const segments = segmentsOf(dated, ({ conditions }) => {
      const condition = conditions.find((each) => each.type === type);
      const { isTrue = false, since } = condition ?? {};
      if (!condition) return undefined;
      return { text: isTrue ? 'True' : 'False', tone: isTrue ? 'well' : 'waiting', since };
    });
    return { kind: 'condition', name: type, segments, restarts: [] };
  });
  // In the order in which they became true, as far as they did.
  const becameTrue = ({ segments }: Row) =>
    segments.find(({ text }) => text === 'True')?.from ?? Infinity;
  return rows.sort((one, other) => becameTrue(one) - becameTrue(other));
}

function containerRows(dated: readonly Dated[]): Row[] {
  const names = dated.flatMap(({ version }) => version.containers.map(({ name }) => name));
  return [...new Set(names)].map((name): Row => {
    const find = ({ containers }: PodVersion) => containers.find((each) => each.name === name);
    const segments = segmentsOf(dated, (version) => {
      const container = find(version);
      if (!container) return undefined;
      const { state, reason, exitCode, since } = container;
      const ended = exitCode === undefined ? '' : ` (${exitCode})`;
      const tone = { waiting: 'waiting', running: 'on', terminated: 'over' } as const;
      const failed = state === 'terminated' && exitCode !== 0;
      const isStuck = /BackOff|^Err|Error$/.test(reason);
      return {
        text: `${reason || state}${ended}`,
        tone: failed || isStuck ? 'bad' : tone[state],
        since,
      };
    });
    const restarts = dated.flatMap(({ version, time }, index) => {
      const before = dated[index - 1];
      const count = find(version)?.restarts ?? 0;
      return before && count > (find(before.version)?.restarts ?? 0) ? [time] : [];
    });
    return { kind: 'container', name, segments, restarts };
  });
}

interface Held {
  text: string;
  tone: Tone;
  since: number | undefined;
}

function segmentsOf(
  dated: readonly Dated[],
  holds: (version: PodVersion) => Held | undefined,
): readonly Segment[] {
  const segments: Segment[] = [];
  for (const { version, time, isFirst } of dated) {
    const now = holds(version);
    const last = segments.at(-1);
    if (now && last?.to === undefined && last?.text === now.text) continue;
    if (last && last.to === undefined) last.to = time;
    if (!now) continue;
    const from = isFirst ? Math.min(time, now.since ?? time) : time;
    segments.push({ from, text: now.text, tone: now.tone });
  }
  return segments;
}

function pinsOf(events: readonly Event[], uid: string): readonly Pin[] {
  return events
    .filter(({ involvedObject }) => involvedObject.uid === uid)
    .map(
      ({
        reason = '',
        message = '',
        count = 1,
        type,
        firstTimestamp,
        eventTime,
        lastTimestamp,
      }) => ({
        time: Date.parse(eventTime ?? lastTimestamp ?? firstTimestamp ?? ''),
        reason,
        message,
        count,
        warning: type === 'Warning',
      }),
    )
    .filter(({ time }) => !Number.isNaN(time))
    .sort((one, other) => one.time - other.time);
}

/** Where times lie on a width of so many pixels: long stretches without a change take little of it. */
export function lifeScale(times: readonly number[], width: number): (time: number) => number {
  const positions: number[] = [];
  times.forEach((time, index) => {
    const before = times[index - 1];
    const gap = before === undefined ? 0 : 14 + stretch(time - before);
    positions.push((positions.at(-1) ?? 0) + gap);
  });
  // What holds now goes on beyond the last change.
  const whole = (positions.at(-1) ?? 0) * 1.12 + 40;
  return (time) => {
    const index = times.findIndex((each) => each >= time);
    const at = positions[index === -1 ? times.length - 1 : index] ?? 0;
    return (at * width) / whole;
  };
}
