import { formatMac, parseMac } from '#vm/nic.ts';
import type { TestGuest } from './guest.ts';

const hostMac = '02:00:00:00:00:99';
const guestAddress = [10, 0, 0, 2];

/** "Who has 10.0.0.2? Tell 10.0.0.1" (RFC 826). */
export function arpRequest(): Uint8Array {
  const frame = new Uint8Array(60);
  frame.fill(0xff, 0, 6);
  frame.set(parseMac(hostMac), 6);
  frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...parseMac(hostMac), 10, 0, 0, 1], 12);
  frame.set(guestAddress, 38);
  return frame;
}

/** The MAC that answers for the guest's address. */
export function arpAnswer(guest: TestGuest): Promise<string> {
  return new Promise((resolve) => {
    guest.machine.nic?.listen((frame) => {
      const isArpReply = frame[12] === 8 && frame[13] === 6 && frame[21] === 2;
      if (isArpReply) resolve(formatMac(frame.subarray(22, 28)));
    });
    guest.machine.nic?.send(arpRequest());
  });
}
