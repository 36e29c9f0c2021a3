import '#ui/site/first.ts';
import { arrival } from '#ui/site/arrival.ts';
import { readPageData } from '#ui/site/page-data.ts';
import { startNode } from '#ui/site/start-node.ts';

const data = readPageData();
if (data.kind !== 'playground') throw new Error('This page is no playground.');
// The machine loads while the rest of the page's code does.
const { connect, connection } = startNode();
await arrival(data.broken, async () => {
  const { showPage } = await import('./start.ts');
  await showPage({ frame: data, connect, connection });
});
