import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { settle } from '#kubelet/testing/settle.ts';
import { kubeletNode } from './kubelet-node.ts';

it('tells of a change of a file as soon as it was asked to', async () => {
  const clock = new ManualClock();
  let size = 1;
  const looks: number[] = [];
  const stat = () => {
    looks.push(clock.now());
    return Promise.resolve({ inode: 1n, size, modified: 0, changed: 0 });
  };
  const agent = { files: { stat } } as unknown as AgentClient;
  const node = kubeletNode({ agent, clock, address: '192.168.0.2' });
  const changed = node.waitForChange('/log', 250, new AbortController().signal);
  for (let look = 0; look < 3; look++) {
    await settle();
    if (look === 1) size = 2;
    clock.advance(250);
  }
  await changed;
  expect(looks).toEqual([0, 250, 500]);
});
