import type { VmmWatcher } from './vmm-host.ts';

export const unwatched: VmmWatcher = {
  vsock: () => undefined,
  frame: () => undefined,
  ninep: () => undefined,
};
