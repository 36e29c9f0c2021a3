/** The element of a page that lists what the next page will need; the build makes it (site/plugin.ts). */
export const aheadId = 'load-ahead';

/**
 * Fetches what a lesson's machine needs into the browser's cache, one file after another, once this page has nothing
 * better to do: the first lesson then starts at a click. Not for readers whose browser is to save data.
 */
export function loadAhead(): void {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  const list = document.getElementById(aheadId)?.textContent;
  if (!list || connection?.saveData) return;
  const addresses = JSON.parse(list) as string[];
  const begin = () => void fetchAll(addresses);
  // Safari has none.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(begin, { timeout: 4000 });
  else addEventListener('load', begin, { once: true });
}

async function fetchAll(addresses: readonly string[]): Promise<void> {
  try {
    for (const address of addresses) {
      const response = await fetch(address, { priority: 'low' });
      // A host that has trouble gets no more requests that nobody waits for.
      if (!response.ok) return;
      await response.arrayBuffer();
    }
  } catch {
    // The lesson will fetch what is missing, and tell what fails.
  }
}
