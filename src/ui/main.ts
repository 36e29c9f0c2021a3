import { systemClock } from '#base/clock.ts';
import { connectNode } from '#rpc/connect.ts';
import './tokens.css';
import './fonts.css';
import './page.css';
import { showBrokenPage } from './broken-page.ts';
import { applySavedTheme } from './saved-theme.ts';
import { marks } from './state/marks.ts';

/** Milliseconds for the rest of the page's code to arrive. */
const arrivalLimit = 30_000;

// The machine loads while the rest of the page's code does.
marks.once('worker');
const connection = connectNode();
connection.status.listen(({ kind }) => {
  if (kind === 'starting') marks.once('loaded');
  if (kind === 'running') marks.once('started');
});
const started = connection.api.start('snapshot');
// What fails is told to the page as a status.
started.catch(() => undefined);

applySavedTheme();

// It may come after all, and then takes the note's place.
const cancelTimer = systemClock.schedule(arrivalLimit, () => {
  showBrokenPage(
    'The rest of this page has not come for 30 seconds; the network may be slow or down.',
  );
});
try {
  const { showPage } = await import('./start.ts');
  showPage({ connect: connectNode, connection });
} catch (error) {
  console.error(error);
  showBrokenPage('A part of this page could not be fetched; the network may be down.');
} finally {
  cancelTimer();
}
