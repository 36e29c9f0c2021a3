import '#ui/tokens.css';
import '#ui/fonts.css';
import '#ui/page.css';
import type { NodeStatus } from '#rpc/contracts.ts';
import { applySavedTheme } from '#ui/saved-theme.ts';
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

function connect(): FakeNode {
  const node = new FakeNode();
  window.node = node;
  window.nodes.push(node);
  return node;
}

// A test may have the page begin in any state, instead of with a start: `?begin={"kind":…}`.
const begin = new URLSearchParams(location.search).get('begin');
const first = connect();
if (begin) first.setStatus(JSON.parse(begin) as NodeStatus);
else void first.start('snapshot');

applySavedTheme();

const { showPage } = await import('#ui/start.ts');
showPage({ connect: () => connectionTo(connect()), connection: connectionTo(first) });
