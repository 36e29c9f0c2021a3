/** Shares of a room within which both of its parts can be used. */
export const shares = { least: 0.15, most: 0.85 } as const;

export function shareWithin(share: number): number {
  return Math.min(shares.most, Math.max(shares.least, share));
}

/** A share out of anything: what makes no sense is as usual. */
export function readShare(share: unknown, usual: number): number {
  return typeof share === 'number' && Number.isFinite(share) ? shareWithin(share) : usual;
}
