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
  /** Of what is beside the terminals. */
  side: number;
  /** Of the bench, above the figures. */
  stack: number;
}

export const usualLayout: Layout = {
  bench: false,
  view: 'manifest',
  figures: false,
  side: 0.46,
  stack: 0.55,
};

/** Shares within which both parts can be used. */
export const shares = { least: 0.15, most: 0.85 } as const;

export function shareWithin(share: number): number {
  return Math.min(shares.most, Math.max(shares.least, share));
}

/** A layout out of anything: what makes no sense is as usual. */
export function readLayout(saved: unknown): Layout {
  if (typeof saved !== 'object' || saved === null) return usualLayout;
  const { bench, view, figures, side, stack } = saved as Record<string, unknown>;
  return {
    bench: bench === true,
    view: benchViews.find((one) => one === view) ?? usualLayout.view,
    figures: figures === true,
    side: readShare(side, usualLayout.side),
    stack: readShare(stack, usualLayout.stack),
  };
}

function readShare(share: unknown, usual: number): number {
  return typeof share === 'number' && Number.isFinite(share) ? shareWithin(share) : usual;
}
