import type { PageConnection } from '#ui/ports.ts';
import type { FakeNode } from './fake-node.ts';

export function connectionTo(node: FakeNode): PageConnection {
  return {
    api: node,
    death: node.death,
    dispose: () => {
      node.dispose();
    },
  };
}
