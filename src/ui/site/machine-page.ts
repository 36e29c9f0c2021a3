import { systemClock } from '#base/clock.ts';
import { Page } from '#ui/page.svelte.ts';
import type { ConnectNode, PageConnection, PageVisibility } from '#ui/ports.ts';
import { readQuery } from '#ui/query.ts';
import { readerFiles } from '#ui/reader-files.ts';
import { fontsInTime } from '#ui/terminal/fonts.ts';
import { offerTestHandle } from '#ui/test-handle.ts';
import type { PageFrame } from './page-data.ts';
import { followSystemTheme, openStore } from './reader-settings.ts';

export interface MachinePageStart {
  frame: PageFrame;
  connect: ConnectNode;
  connection: PageConnection;
}

/** The state of a page with a machine, in this browser. */
export function openMachinePage({ frame, connect, connection }: MachinePageStart): Page {
  void fontsInTime();
  const query = readQuery(location.search);
  const page = new Page({
    frame,
    connect,
    connection,
    clock: systemClock,
    visibility: documentVisibility,
    store: openStore(),
    readerFiles,
    mac: /^(Mac|iP)/.test(navigator.platform),
    ...(query.sleepAfter === undefined ? {} : { sleepAfter: query.sleepAfter }),
  });
  followSystemTheme(page.settings);
  if (query.test) offerTestHandle(page);
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
