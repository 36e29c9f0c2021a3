import type { RecordOf, TraceRecord } from '#base/trace-records.ts';

/** What a record says beside what every record has. */
export function bodyOf(record: TraceRecord | undefined): unknown {
  if (!record) return undefined;
  if (record.kind === 'cri-call' || record.kind === 'agent-call') return record.request;
  const { id: _id, time: _time, kind: _kind, parent: _parent, ...body } = record;
  return body;
}

/** The end of a call that waits is told of by itself: it is all that there is of it. */
function isAnswer(record: TraceRecord): record is RecordOf<'cri-return' | 'agent-return'> {
  if (record.kind === 'agent-return') return record.parent !== undefined;
  return record.kind === 'cri-return';
}

/** What an event was answered with. */
export type Answer =
  | { kind: 'none' }
  | { kind: 'response'; response: unknown; unchanged: boolean }
  /** The same as one that is no longer kept. */
  | { kind: 'not-kept' }
  | { kind: 'messages'; messages: readonly unknown[] };

/** Of a stream: one that it sent, or a frame. */
function messageOf(record: TraceRecord): readonly unknown[] {
  if (record.kind === 'cri-message') return [record.response];
  return record.kind === 'stream' && record.event === 'frame' ? [bodyOf(record)] : [];
}

/** @param recordOf finds the one whose response is repeated */
export function answerOf(
  records: readonly TraceRecord[],
  recordOf: (id: number) => TraceRecord | undefined,
): Answer {
  const messages = records.flatMap(messageOf);
  if (messages.length > 0) return { kind: 'messages', messages };
  const answer = records.find(isAnswer);
  if (!answer || answer.error) return { kind: 'none' };
  if (answer.kind === 'agent-return')
    return { kind: 'response', response: answer.response, unchanged: false };
  const { unchangedSince } = answer;
  if (unchangedSince === undefined)
    return { kind: 'response', response: answer.response, unchanged: false };
  const same = recordOf(unchangedSince);
  if (same?.kind !== 'cri-return') return { kind: 'not-kept' };
  return { kind: 'response', response: same.response, unchanged: true };
}
