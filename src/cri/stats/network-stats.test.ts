import { expect, it } from 'vitest';
import { parseNetworkStats } from './network-stats.ts';

it('reads received and sent of every interface but lo', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     240       3    0    0    0     0          0         0      240       3    0    0    0     0       0          0
  eth0:    1006      13    1    2    0     0          0         0      796      10    3    4    0     0       0          0
`;
  expect(parseNetworkStats(text)).toEqual([
    {
      name: 'eth0',
      rxBytes: 1006n,
      rxPackets: 13n,
      rxErrors: 1n,
      rxDropped: 2n,
      txBytes: 796n,
      txPackets: 10n,
      txErrors: 3n,
      txDropped: 4n,
    },
  ]);
});
