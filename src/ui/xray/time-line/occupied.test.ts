import { expect, it } from 'vitest';
import { Occupied } from './occupied.ts';

it('knows what lies across a place, however far it began before', () => {
  const occupied = new Occupied();
  occupied.add({ x: 100, y: 40, width: 10, height: 10 });
  occupied.add({ x: 0, y: 40, width: 300, height: 10 });
  occupied.add({ x: 400, y: 80, width: 10, height: 10 });
  const at = (x: number, y: number) => occupied.isTaken({ x, y, width: 20, height: 12 });
  expect([at(200, 35), at(290, 49), at(301, 40), at(200, 50), at(200, 28)]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect([at(385, 85), at(379, 85), at(410, 85)]).toEqual([true, false, false]);
});
