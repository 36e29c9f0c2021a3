import { systemClock } from '#base/clock.ts';
import { hideBrokenPage, showBrokenPage } from './broken-page.ts';

/** Milliseconds for the rest of the page's code to arrive. */
const arrivalLimit = 30_000;

/** Brings the rest of a page. What keeps it away is said; it may come after all, and then takes the note's place. */
export async function arrival(bring: () => Promise<unknown>): Promise<void> {
  const cancelTimer = systemClock.schedule(arrivalLimit, () => {
    showBrokenPage(
      'The rest of this page has not come for 30 seconds; the network may be slow or down.',
    );
  });
  try {
    await bring();
    hideBrokenPage();
  } catch (error) {
    console.error(error);
    showBrokenPage('A part of this page could not be fetched; the network may be down.');
  } finally {
    cancelTimer();
  }
}
