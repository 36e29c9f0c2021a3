import { describe, expect, it } from 'vitest';
import {
  type FigureLayout,
  readFigures,
  sharing,
  showing,
  usualFigures,
  withSecond,
  without,
} from './figure-layout.ts';

const two: FigureLayout = { views: ['sync-loop', 'images'], placing: 'beside', share: 0.3 };

describe('figures', () => {
  it('become two, with another view than the first has, and one again, whichever is closed', () => {
    const split = withSecond(usualFigures, 'beside');
    expect(split).toEqual({ ...usualFigures, placing: 'beside', views: ['time-line', 'node-map'] });
    const [, second] = withSecond({ ...usualFigures, views: ['pods'] }, 'below').views;
    expect(second).toBe('time-line');
    expect(without(two, 0).views).toEqual(['images']);
    expect(without(two, 1).views).toEqual(['sync-loop']);
  });

  it('have each its own view, and as much room as both can be used with', () => {
    expect(showing(two, 1, 'events').views).toEqual(['sync-loop', 'events']);
    expect(showing(usualFigures, 0, 'events').views).toEqual(['events']);
    expect([sharing(two, 0.4).share, sharing(two, 2).share]).toEqual([0.4, 0.85]);
  });
});

describe('what was saved', () => {
  it('is read as it was', () => {
    expect(readFigures(JSON.parse(JSON.stringify(two)))).toEqual(two);
  });

  it.each<[string, unknown, FigureLayout]>([
    ['is no layout', 'x', usualFigures],
    ['is from before there were two', undefined, usualFigures],
    ['names no view', { views: [], placing: '<b>', share: NaN }, usualFigures],
    [
      'names too many, and some that there are not',
      { ...two, views: ['<img>', 'pods', 'events'] },
      { ...two, views: ['pods'] },
    ],
    ['gives one no room', { ...two, share: -1 }, { ...two, share: 0.15 }],
  ])('that %s is as usual there', (_what, saved, read) => {
    expect(readFigures(saved)).toEqual(read);
  });
});
