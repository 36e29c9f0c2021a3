import { type TraceEvent, layers } from '#ui/xray/events/trace-event.ts';

/**
 * The event that an arrow key leads to: left and right in the order they began, up and down to the nearest in the next
 * lane that has one. Without a chosen one, the latest.
 */
export function nextByKey(
  key: string,
  shown: readonly TraceEvent[],
  selected: TraceEvent | undefined,
): TraceEvent | undefined {
  if (!/^Arrow(Left|Right|Up|Down)$/.test(key)) return undefined;
  const at = selected ? shown.indexOf(selected) : -1;
  const current = shown[at];
  if (!current) return shown.at(-1);
  if (key === 'ArrowLeft') return shown[at - 1] ?? current;
  if (key === 'ArrowRight') return shown[at + 1] ?? current;
  const step = key === 'ArrowUp' ? -1 : 1;
  for (let lane = layers.indexOf(current.layer) + step; layers[lane]; lane += step) {
    const inLane = shown.filter(({ layer }) => layer === layers[lane]);
    const nearest = inLane.reduce<TraceEvent | undefined>(
      (best, event) =>
        best && Math.abs(best.begin - current.begin) <= Math.abs(event.begin - current.begin)
          ? best
          : event,
      undefined,
    );
    if (nearest) return nearest;
  }
  return current;
}
