import type { Rootfs } from './task.ts';

/** mount(8)'s overlay options; the topmost layer comes first. */
export function overlayOptions({ layers, upper, work }: Rootfs): string {
  return `lowerdir=${layers.toReversed().join(':')},upperdir=${upper},workdir=${work}`;
}
