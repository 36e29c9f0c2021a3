import { readShare } from '#ui/parts/shares.ts';
import { type FigureLayout, readFigures, usualFigures } from '#ui/xray/figure-layout.ts';

/** What the side of the terminals shows. */
export const benchViews = ['manifest', 'faults', 'saved'] as const;
export type BenchView = (typeof benchViews)[number];

/** How the page is arranged. Shares are of the room that both parts have. */
export interface Layout {
  /** Whether the bench is shown: manifest, faults and saved clusters. */
  bench: boolean;
  view: BenchView;
  /** Whether the cluster's figures are shown. */
  figures: boolean;
  /** Which of them, and how they stand. */
  xray: FigureLayout;
  /** Of what is beside the terminals. */
  side: number;
  /** Of the bench, above the figures. */
  stack: number;
}

export const usualLayout: Layout = {
  bench: false,
  view: 'manifest',
  figures: false,
  xray: usualFigures,
  side: 0.46,
  stack: 0.46,
};

/** A layout out of anything: what makes no sense is as usual. */
export function readLayout(saved: unknown): Layout {
  if (typeof saved !== 'object' || saved === null) return usualLayout;
  const { bench, view, figures, xray, side, stack } = saved as Record<string, unknown>;
  return {
    bench: bench === true,
    view: benchViews.find((one) => one === view) ?? usualLayout.view,
    figures: figures === true,
    xray: readFigures(xray),
    side: readShare(side, usualLayout.side),
    stack: readShare(stack, usualLayout.stack),
  };
}
