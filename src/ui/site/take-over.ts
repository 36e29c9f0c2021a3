import { type Component, hydrate } from 'svelte';
import type { Settings } from '#ui/state/settings.svelte.ts';
import { type PageData, readPageData } from './page-data.ts';
import { loadWords } from './load-words.ts';
import { readerSettings } from './reader-settings.ts';

export interface ViewProps<D extends PageData = PageData> {
  data: D;
  settings: Settings;
}

/** Makes the page that the build has drawn a live one. */
export async function takeOver<D extends PageData>(view: Component<ViewProps<D>>): Promise<void> {
  const data = readPageData() as D;
  await loadWords(data.locale);
  const target = document.getElementById('app') ?? document.body;
  hydrate(view, { target, props: { data, settings: readerSettings() } });
}
