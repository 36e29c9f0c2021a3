export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Boxes of one height above the ground, from left to right. */
interface Row {
  top: number;
  bottom: number;
  from: number[];
  /** How far those up to here reach. */
  reach: number[];
}

/**
 * Where marks are. They lie in few rows, and of each row it is enough to know how far those reach that begin before a
 * place: hundreds of labels are tried in each frame.
 */
export class Occupied {
  readonly #boxes: Box[] = [];
  #rows: readonly Row[] | undefined;

  add(box: Box): void {
    this.#boxes.push(box);
    this.#rows = undefined;
  }

  isTaken({ x, y, width, height }: Box): boolean {
    this.#rows ??= rowsOf(this.#boxes);
    return this.#rows.some(({ top, bottom, from, reach }) => {
      if (top >= y + height || bottom <= y) return false;
      const last = countBefore(from, x + width) - 1;
      return (reach[last] ?? -Infinity) > x;
    });
  }
}

function rowsOf(boxes: readonly Box[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { x, y, width, height } of [...boxes].sort((one, other) => one.x - other.x)) {
    const key = `${y} ${height}`;
    const row = rows.get(key) ?? { top: y, bottom: y + height, from: [], reach: [] };
    rows.set(key, row);
    row.from.push(x);
    row.reach.push(Math.max(row.reach.at(-1) ?? -Infinity, x + width));
  }
  return [...rows.values()];
}

/** How many of the sorted numbers are below a limit. */
function countBefore(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
