import type { VirtioConsole } from '#vm/v86-internals.ts';

/** VIRTIO_CONSOLE_CONSOLE_PORT, virtio 1.2, 5.3.6.2. */
const consolePort = 4;

/**
 * Makes console ports 1 to 3 data ports. v86 calls every port a console (virtio_console.js:147),
 * and Linux then refuses to open its character device: `/dev/vportNp1` gives ENXIO. Needed before
 * the guest's driver loads; the effect lives in the guest and so in snapshots.
 */
export function announceDataPorts(device: VirtioConsole): void {
  const sendEvent = device.SendEvent.bind(device);
  device.SendEvent = (port, event, value) => {
    if (event === consolePort && port > 0) return;
    sendEvent(port, event, value);
  };
}
