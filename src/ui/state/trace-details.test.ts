import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Machine } from './machine.svelte.ts';
import { TraceDetails } from './trace-details.ts';

let nodes: FakeNode[];
let machine: Machine;
let details: TraceDetails;

beforeEach(() => {
  nodes = [];
  machine = new Machine(() => {
    const node = new FakeNode();
    nodes.push(node);
    return connectionTo(node);
  }, new ManualClock());
  details = new TraceDetails(machine);
});

const asked = () => nodes.at(-1)?.calls.filter((call) => call.startsWith('details'));

test('what several want is told until none of them wants it', () => {
  const one = details.want('ninep');
  const other = details.want('ninep');
  const frames = details.want('frame');
  one();
  one();
  expect(asked()).toEqual(['details ninep', 'details frame ninep']);
  other();
  frames();
  expect(asked()?.slice(2)).toEqual(['details frame', 'details']);
});

test('another worker is told what is wanted still', async () => {
  details.want('ninep');
  nodes[0]?.die('gone');
  await expect.poll(() => nodes.length).toBeGreaterThanOrEqual(1);
  await machine.start('snapshot').catch(() => undefined);
  expect(nodes.length).toBe(2);
  expect(asked()).toEqual(['details ninep']);
});
