/** A mark of the figure: a moment, or a span of time. Milliseconds from the pod's write on. */
export interface TraceMark {
  lane: Lane;
  name: string;
  from: number;
  to?: number;
}

export const lanes = ['api', 'scheduler', 'kubelet', 'shim', 'runtime', 'kernel'] as const;
export type Lane = (typeof lanes)[number];

/** A mark with its place: pixels of the drawing. */
export interface PlacedMark {
  lane: Lane;
  name: string;
  x: number;
  /** Of a span; a moment has none. */
  width: number | undefined;
  y: number;
  label: { x: number; y: number; inside: boolean } | undefined;
}

export const size = { width: 1120, laneHeight: 50, left: 96, top: 30 } as const;

/** Pixels a character of a label takes, about. */
const character = 6.2;

/** What happens again and again, or says nothing of its own in a figure of one pod. */
const left = /Status$|RECONCILE|ContainerStarted|^patch|^sandglass-shim|^crun \d|^host-local/;

/** The marks in their places: in the order in which they happened; a longer time takes more room, but not to scale. */
export function placeMarks(all: readonly TraceMark[]): PlacedMark[] {
  const firstSync = all.find(({ name }) => name === 'syncPod');
  const marks = all.filter(
    (mark) => !left.test(mark.name) && (mark.name !== 'syncPod' || mark === firstSync),
  );
  const at = scaleOf(marks.flatMap(({ from, to }) => (to === undefined ? [from] : [from, to])));
  const taken: Record<string, number> = {};
  return marks.map(({ lane, name, from, to }) => {
    const x = at(from);
    const width = to === undefined ? undefined : Math.max(10, at(to) - x);
    const y = size.top + lanes.indexOf(lane) * size.laneHeight;
    return { lane, name, x, width, y, label: labelOf(lane, name, { x, width, y }, taken) };
  });
}

/** Where a label has room: in its span, above it, or nowhere; a name that is told beside need not be told again. */
function labelOf(
  lane: Lane,
  name: string,
  { x, width, y }: { x: number; width: number | undefined; y: number },
  taken: Record<string, number>,
): PlacedMark['label'] {
  const needed = name.length * character;
  if (width !== undefined && width > needed + 16) return { x: x + 9, y: y + 4, inside: true };
  const begin = Math.min(x - 3, size.width - needed);
  // Below a lane are the lines to the next; there are none below the first.
  for (const above of lane === 'api' ? [true, false] : [true]) {
    const key = `${lane} ${above}`;
    if (begin < (taken[key] ?? 0)) continue;
    taken[key] = begin + needed + 8;
    return { x: begin, y: above ? y - 13 : y + 22, inside: false };
  }
  return undefined;
}

/** Room for each time between two things that happen: some for the order, and more with the root of its length. */
function scaleOf(times: readonly number[]): (time: number) => number {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const total = Math.max(1, (sorted.at(-1) ?? 0) - (sorted[0] ?? 0));
  const places = new Map<number, number>();
  let place = 0;
  sorted.forEach((time, index) => {
    if (index > 0) place += 0.5 + 6 * Math.sqrt((time - (sorted[index - 1] ?? time)) / total);
    places.set(time, place);
  });
  const room = size.width - size.left - 40;
  return (time) => size.left + 12 + ((places.get(time) ?? 0) / Math.max(1, place)) * room;
}
