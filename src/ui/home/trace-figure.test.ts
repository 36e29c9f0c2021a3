import { expect, test } from 'vitest';
import recorded from './recorded-trace.json';
import { type TraceMark, lanes, placeMarks, size } from './trace-figure.ts';

const marks = placeMarks(recorded as TraceMark[]);

test('the recorded run has something in every lane, from the pod’s write to its last process', () => {
  expect(new Set(marks.map(({ lane }) => lane))).toEqual(new Set(lanes));
  expect(marks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['RunPodSandbox', 'CNI ADD', 'CreateContainer', 'StartContainer']),
  );
});

test('what came later stands further to the right, all of it in the drawing', () => {
  const places = marks.map(({ x }) => x);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThan(size.left);
  for (const { x, width = 0 } of marks) expect(x + width).toBeLessThanOrEqual(size.width);
});

test('no two labels of a line touch', () => {
  const labels = marks.flatMap(({ name, label }) => (label ? [{ name, ...label }] : []));
  for (const [index, one] of labels.entries()) {
    for (const other of labels.slice(index + 1)) {
      if (one.y !== other.y) continue;
      expect(other.x, `${one.name} and ${other.name}`).toBeGreaterThan(one.x + one.name.length * 6);
    }
  }
});
