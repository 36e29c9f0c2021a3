import { systemClock } from '#base/clock.ts';
import { hideBrokenPage, showBrokenPage } from './broken-page.ts';
import type { BrokenWords } from './page-data.ts';

/** Milliseconds for the rest of the page's code to arrive. */
const arrivalLimit = 30_000;

/** Brings the rest of a page. What keeps it away is said; it may come after all, and then takes the note's place. */
export async function arrival(words: BrokenWords, bring: () => Promise<unknown>): Promise<void> {
  const cancelTimer = systemClock.schedule(arrivalLimit, () => {
    showBrokenPage(words.late, words.reload);
  });
  try {
    await bring();
    hideBrokenPage();
  } catch (error) {
    console.error(error);
    showBrokenPage(words.partMissing, words.reload);
  } finally {
    cancelTimer();
  }
}
