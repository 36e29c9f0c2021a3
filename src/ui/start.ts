import { mount } from 'svelte';
import { systemClock } from '#base/clock.ts';
import App from './App.svelte';
import { Page } from './page.svelte.ts';
import { readQuery } from './query.ts';
import type { ConnectNode, PageConnection, PageVisibility, SettingsStore } from './ports.ts';
import { offerTestHandle } from './test-handle.ts';
import { fontsLoaded } from './terminal/fonts.ts';

export interface PageStart {
  connect: ConnectNode;
  connection: PageConnection;
}

/** Puts the page together in this browser and shows it. */
export function showPage({ connect, connection }: PageStart): Page {
  void fontsLoaded();
  const query = readQuery(location.search);
  const page = new Page({
    connect,
    connection,
    clock: systemClock,
    visibility: documentVisibility,
    store: openStore(),
    save,
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

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the blob when the click returns, but Safari reads it a little later.
  systemClock.schedule(60_000, () => {
    URL.revokeObjectURL(url);
  });
}
