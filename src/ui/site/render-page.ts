import type { Component } from 'svelte';
import { render } from 'svelte/server';
import Credits from '#ui/about/Credits.svelte';
import Real from '#ui/about/Real.svelte';
import Contents from '#ui/contents/Contents.svelte';
import Home from '#ui/home/Home.svelte';
import LessonView from '#ui/lesson/LessonView.svelte';
import PlaygroundShell from '#ui/playground/PlaygroundShell.svelte';
import { Settings } from '#ui/state/settings.svelte.ts';
import { loadWords } from './load-words.ts';
import type { PageData } from './page-data.ts';
import type { ViewProps } from './take-over.ts';

type Views = { [K in PageData['kind']]: Component<ViewProps<Extract<PageData, { kind: K }>>> };

const views: Views = {
  home: Home,
  contents: Contents,
  lesson: LessonView,
  playground: PlaygroundShell,
  real: Real,
  credits: Credits,
};

/** A page's body as the build draws it; the page's own script takes it over. */
export async function renderPage(data: PageData): Promise<string> {
  await loadWords(data.locale);
  const view = views[data.kind] as Component<ViewProps>;
  return render(view, { props: { data, settings: new Settings(undefined) } }).body;
}
