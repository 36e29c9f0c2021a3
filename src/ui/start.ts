import { mount } from 'svelte';
import { systemClock } from '#base/clock.ts';
import App from './App.svelte';
import { Page } from './page.svelte.ts';
import { readQuery } from './query.ts';
import { readerFiles } from './reader-files.ts';
import type { ConnectNode, PageConnection, PageVisibility, SettingsStore } from './ports.ts';
import { offerTestHandle } from './test-handle.ts';
import { fontsInTime } from './terminal/fonts.ts';

export interface PageStart {
  connect: ConnectNode;
  connection: PageConnection;
}

/** Puts the page together in this browser and shows it. */
export function showPage({ connect, connection }: PageStart): Page {
  void fontsInTime();
  const query = readQuery(location.search);
  const page = new Page({
    connect,
    connection,
    clock: systemClock,
    visibility: documentVisibility,
    store: openStore(),
    readerFiles,
    mac: /^(Mac|iP)/.test(navigator.platform),
    ...(query.sleepAfter === undefined ? {} : { sleepAfter: query.sleepAfter }),
  });
  followSystemTheme(page);
  if (query.test) offerTestHandle(page);
  const target = document.getElementById('app') ?? document.body;
  target.replaceChildren();
  mount(App, { target, props: { page } });
  return page;
}

const documentVisibility: PageVisibility = {
  get hidden() {
    return document.hidden;
  },
  listen(listener) {
    document.addEventListener('visibilitychange', listener);
    return () => {
      document.removeEventListener('visibilitychange', listener);
    };
  },
};

function followSystemTheme(page: Page): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  page.settings.systemDark = dark.matches;
  dark.addEventListener('change', ({ matches }) => {
    page.settings.systemDark = matches;
  });
}

/** Browsers may forbid storage; the page works without. */
function openStore(): SettingsStore | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
