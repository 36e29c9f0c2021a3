import type { NodeStatus } from '#rpc/contracts.ts';
import type { PageConnection } from '#ui/ports.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';

declare global {
  interface Window {
    /** The node that the page talks to now. */
    node: FakeNode;
    /** Nodes that the page has connected to. */
    nodes: FakeNode[];
  }
}

window.nodes = [];

function connectFake(): FakeNode {
  const node = new FakeNode();
  window.node = node;
  window.nodes.push(node);
  return node;
}

// A test may have the page begin in any state, instead of with a start: `?begin={"kind":…}`.
const begin = new URLSearchParams(location.search).get('begin');
const first = connectFake();
if (begin) first.setStatus(JSON.parse(begin) as NodeStatus);
else void first.start('snapshot');

export const connection: PageConnection = connectionTo(first);
export const connect = (): PageConnection => connectionTo(connectFake());
