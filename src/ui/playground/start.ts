import { mount } from 'svelte';
import { loadWords } from '#ui/site/load-words.ts';
import { type MachinePageStart, openMachinePage } from '#ui/site/machine-page.ts';
import { readQuery } from '#ui/query.ts';
import Playground from './Playground.svelte';

/** Puts the page together in this browser and shows it. */
export async function showPage(start: MachinePageStart): Promise<void> {
  await loadWords(start.frame.locale);
  const page = openMachinePage(start);
  const target = document.getElementById('app') ?? document.body;
  target.replaceChildren();
  mount(Playground, { target, props: { page, embedded: readQuery(location.search).embed } });
}
