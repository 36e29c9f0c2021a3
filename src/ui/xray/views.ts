/** What the panel can show, in the order of its tabs. */
export const xrayViews = [
  'sync-loop',
  'time-line',
  'node-map',
  'pod-life',
  'calls',
  'pods',
  'events',
  'images',
] as const;

export type XRayView = (typeof xrayViews)[number];
