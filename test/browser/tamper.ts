import type { Page } from 'playwright';

/** What may have happened to a cluster that the browser has saved. */
export type Damage = 'garbled' | 'cut short' | 'lost' | 'of another build';

/** Does that to the cluster in the browser's database whose name begins so, behind the page's back; then its tabs look again. */
export async function tamper(page: Page, name: string, damage: Damage): Promise<void> {
  await page.evaluate(
    async ({ name, damage }) => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error('No reason.'));
        });
      const database = await done(indexedDB.open('sandglass-clusters'));
      const stores = () => {
        const transaction = database.transaction(['facts', 'content'], 'readwrite');
        return {
          facts: transaction.objectStore('facts'),
          content: transaction.objectStore('content'),
        };
      };
      type Facts = { id: string; name: string; build: string };
      const all = (await done(stores().facts.getAll())) as Facts[];
      const facts = all.find((one) => one.name.startsWith(name));
      if (!facts) throw new Error(`There is no ${name}.`);
      const { id } = facts;
      const content = (await done(stores().content.get(id))) as Blob;
      const bytes = new Uint8Array(await content.arrayBuffer());
      const middle = bytes.length >> 1;
      const garbled = bytes.with(middle, (bytes[middle] ?? 0) ^ 0xff);
      await {
        garbled: () => done(stores().content.put(new Blob([garbled]), id)),
        'cut short': () => done(stores().content.put(content.slice(0, -1), id)),
        lost: () => done(stores().content.delete(id)),
        'of another build': () => done(stores().facts.put({ ...facts, build: 'another' })),
      }[damage]();
      database.close();
      const channel = new BroadcastChannel('sandglass-clusters');
      channel.postMessage('changed');
      channel.close();
    },
    { name, damage },
  );
}
