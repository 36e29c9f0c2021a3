import type { CriCallRecord, TraceRecord } from '#base/trace-records.ts';
import { questionsRemembered } from './unchanged-answers.ts';

export function isOfCall(record: TraceRecord): record is CriCallRecord {
  return record.kind === 'cri-call' || record.kind === 'cri-return';
}

/**
 * Of a trace the records of its newest CRI calls. Where there are too many, those whose answers said nothing new go
 * first. Also gives the end of a call that began before all of these records, and, without their calls, the answers
 * that those to come may be the same as.
 */
export function newestCalls(records: readonly TraceRecord[], atMost: number): CriCallRecord[] {
  const ofCalls = records.filter(isOfCall);
  const dropped = callsBeyond(atMost, ofCalls);
  const answers = lastRepeated(ofCalls);
  return ofCalls.filter((record) => !dropped.has(callOf(record)) || answers.has(record.id));
}

/** The ids of the answers that were given again last. */
function lastRepeated(records: readonly CriCallRecord[]): ReadonlySet<number> {
  const repeated = new Set<number>();
  for (const record of records.toReversed()) {
    const id = unchangedSince(record);
    if (id !== undefined) repeated.add(id);
    if (repeated.size === questionsRemembered) break;
  }
  return repeated;
}

/** The ids of those for which there is no room. */
function callsBeyond(atMost: number, records: readonly CriCallRecord[]): ReadonlySet<number> {
  const calls = records.filter(({ kind }) => kind === 'cri-call').map(({ id }) => id);
  const sayNothingNew = new Set(
    records.filter((record) => unchangedSince(record) !== undefined).map(callOf),
  );
  // The latest stay: what goes on by the clock is part of what happens now.
  const latest = calls.at(-Math.ceil(atMost / 10)) ?? 0;
  const goesFirst = (id: number) => id < latest && sayNothingNew.has(id);
  const first = calls.filter(goesFirst);
  const then = calls.filter((id) => !goesFirst(id));
  return new Set([...first, ...then].slice(0, Math.max(0, calls.length - atMost)));
}

function callOf({ kind, id, parent }: CriCallRecord): number {
  return kind === 'cri-call' ? id : (parent ?? id);
}

function unchangedSince(record: CriCallRecord): number | undefined {
  return record.kind === 'cri-return' ? record.unchangedSince : undefined;
}
