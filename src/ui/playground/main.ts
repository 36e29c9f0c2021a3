import '#ui/site/first.ts';
import { systemClock } from '#base/clock.ts';
import { readPageData } from '#ui/site/page-data.ts';
import { startNode } from '#ui/site/start-node.ts';
import { showBrokenPage } from './broken-page.ts';

/** Milliseconds for the rest of the page's code to arrive. */
const arrivalLimit = 30_000;

// The machine loads while the rest of the page's code does.
const { connect, connection } = startNode();

// It may come after all, and then takes the note's place.
const cancelTimer = systemClock.schedule(arrivalLimit, () => {
  showBrokenPage(
    'The rest of this page has not come for 30 seconds; the network may be slow or down.',
  );
});
try {
  const { showPage } = await import('./start.ts');
  await showPage({ frame: readPageData(), connect, connection });
} catch (error) {
  console.error(error);
  showBrokenPage('A part of this page could not be fetched; the network may be down.');
} finally {
  cancelTimer();
}
