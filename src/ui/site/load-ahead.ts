import { guestCacheName } from '#base/guest-cache.ts';
import { aheadId } from './page-data.ts';

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
    const guest = await caches.open(guestCacheName);
    for (const address of addresses) {
      // The guest's files go where the machine's worker looks for them, which checks them before anyone sees them.
      const isGuest = /\/guest\/[^/]+$/.test(address);
      if (isGuest && (await guest.match(address))) continue;
      const response = await fetch(address, { priority: 'low' });
      // A host that has trouble gets no more requests that nobody waits for.
      if (!response.ok) return;
      if (isGuest) await guest.put(address, response);
      else await response.arrayBuffer();
    }
  } catch {
    // Without a cache, or without the network: the lesson will fetch what is missing, and tell what fails.
  }
}
