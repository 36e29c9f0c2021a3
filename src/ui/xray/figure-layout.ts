import { readShare, shareWithin } from '#ui/parts/shares.ts';
import { type XRayView, xrayViews } from './views.ts';

/** Side by side, or one above the other. */
export const placings = ['beside', 'below'] as const;
export type Placing = (typeof placings)[number];

/** Which figures are seen at once, and how they stand. */
export interface FigureLayout {
  /** One or two. */
  views: readonly XRayView[];
  /** Where the second is, as seen from the first. */
  placing: Placing;
  /** Of the first, of the room that both have. */
  share: number;
}

export const usualFigures: FigureLayout = { views: ['time-line'], placing: 'below', share: 0.5 };

/** A layout out of anything: what makes no sense is as usual. */
export function readFigures(saved: unknown): FigureLayout {
  if (typeof saved !== 'object' || saved === null) return usualFigures;
  const { views, placing, share } = saved as Record<string, unknown>;
  const known = (Array.isArray(views) ? views : [])
    .slice(0, 2)
    .flatMap((view) => xrayViews.find((one) => one === view) ?? []);
  return {
    views: known.length > 0 ? known : usualFigures.views,
    placing: placings.find((one) => one === placing) ?? usualFigures.placing,
    share: readShare(share, usualFigures.share),
  };
}

/** With a second figure: what tells most beside the first. */
export function withSecond(layout: FigureLayout, placing: Placing): FigureLayout {
  const [first = 'time-line'] = layout.views;
  return { ...layout, placing, views: [first, first === 'time-line' ? 'node-map' : 'time-line'] };
}

/** Without one of two. */
export function without(layout: FigureLayout, closed: number): FigureLayout {
  return { ...layout, views: layout.views.filter((_, index) => index !== closed) };
}

/** With another view in the place of one that is shown. */
export function showing(layout: FigureLayout, place: number, view: XRayView): FigureLayout {
  return { ...layout, views: layout.views.map((each, index) => (index === place ? view : each)) };
}

export function sharing(layout: FigureLayout, share: number): FigureLayout {
  return { ...layout, share: shareWithin(share) };
}
