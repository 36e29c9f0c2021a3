import { expect, it } from 'vitest';
import type { VirtioConsole } from '#vm/v86-internals.ts';
import { announceDataPorts } from './data-ports.ts';

it('calls port 0 a console and no other', () => {
  const sent: string[] = [];
  const device = {
    SendEvent: (port: number, event: number) => sent.push(`${port}:${event}`),
  } as unknown as VirtioConsole;
  announceDataPorts(device);
  for (const port of [0, 1, 2, 3]) {
    device.SendEvent(port, 4, 1);
    device.SendEvent(port, 6, 1);
  }
  expect(sent).toEqual(['0:4', '0:6', '1:6', '2:6', '3:6']);
});
