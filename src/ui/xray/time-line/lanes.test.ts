import { expect, test } from 'vitest';
import { LanePlaces, lanesOf, leastHeight } from './lanes.ts';

test('virtual machines have lanes of their own, below those of the node', () => {
  expect(lanesOf(true).slice(0, -3)).toEqual(lanesOf(false));
  expect(lanesOf(true).slice(-3)).toEqual(['machine', 'ninep', 'frame']);
});

test('in the least height that lanes need, the name of each can be pressed', () => {
  for (const lanes of [lanesOf(false), lanesOf(true)]) {
    const height = leastHeight(lanes);
    const places = new LanePlaces(lanes, height);
    // WCAG 2.2, 2.5.8
    expect(places.step).toBeGreaterThanOrEqual(24);
    const at = lanes.map((lane) => places.y(lane));
    expect(at).toEqual(at.toSorted((one, other) => one - other));
    expect(Math.min(...at)).toBeGreaterThan(0);
    expect(Math.max(...at)).toBeLessThan(height - 30);
  }
});
