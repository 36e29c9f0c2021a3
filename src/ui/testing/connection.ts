import type { NodeConnection } from '#ui/ports.ts';
import type { FakeNode } from './fake-node.ts';

export function connectionTo(node: FakeNode): NodeConnection {
  return {
    api: node,
    death: node.death,
    dispose: () => {
      node.dispose();
    },
  };
}
