import { Terminal } from '@xterm/headless';
import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { Cluster } from './cluster.svelte.ts';
import { Machine } from './machine.svelte.ts';
import type { Session } from './session.svelte.ts';
import { Tabs } from './tabs.svelte.ts';

let node: FakeNode;
let machine: Machine;
let tabs: Tabs;

beforeEach(() => {
  node = new FakeNode();
  const clock = new ManualClock();
  machine = new Machine(() => connectionTo(node), clock);
  tabs = new Tabs({ machine, pods: new Cluster(machine), clock });
  attachAll();
});

/** Gives screens to tabs that have none, as the page does. */
function attachAll(): void {
  for (const session of tabs.sessions) {
    if (!session.size) session.attach(new Terminal({ allowProposedApi: true }));
  }
}

function titles(): string[] {
  return tabs.sessions.map((session) => session.title);
}

async function opened(session: Session): Promise<void> {
  await vi.waitFor(() => {
    expect(session.text).toContain('root@node-1:~#');
  });
}

function first(): Session {
  const [session] = tabs.sessions;
  if (!session) throw new Error('There is always a tab.');
  return session;
}

test('the first terminal opens when the machine runs', async () => {
  expect(first().state).toBe('waiting');
  await machine.start('snapshot');
  await opened(first());
});

test('titles count up and fill gaps', () => {
  tabs.addShell();
  const third = tabs.addShell();
  expect(titles()).toEqual(['node-1', 'node-1 (2)', 'node-1 (3)']);
  const second = tabs.sessions[1];
  if (second) tabs.close(second);
  expect(tabs.active).toBe(third);
  expect(tabs.addShell().title).toBe('node-1 (2)');
});

test('closing the active tab shows its right neighbour, or else the last', () => {
  const second = tabs.addShell();
  const third = tabs.addShell();
  tabs.activate(second);
  tabs.close(second);
  expect(tabs.active).toBe(third);
  tabs.close(third);
  expect(tabs.active).toBe(first());
});

test('there is always a tab', () => {
  const only = first();
  tabs.close(only);
  expect(titles()).toEqual(['node-1']);
  expect(tabs.active).not.toBe(only);
});

test('neighbours go round', () => {
  const second = tabs.addShell();
  expect(tabs.neighbour(second, 1)).toBe(first());
  expect(tabs.neighbour(first(), -1)).toBe(second);
});

test('a restart ends every shell with the reason and opens them again', async () => {
  await machine.start('snapshot');
  tabs.addShell();
  attachAll();
  await Promise.all(tabs.sessions.map(opened));
  await machine.start('snapshot');
  for (const session of tabs.sessions) {
    await vi.waitFor(() => {
      expect(session.text).toMatch(
        /\[node-1 was restarted from its snapshot\.\]\nroot@node-1:~# $/,
      );
    });
  }
});

test('a restart after a crash says both', async () => {
  await machine.start('snapshot');
  await opened(first());
  const failure = { code: 'aborted', message: 'The kernel panicked.' } as const;
  node.setStatus({ kind: 'failed', during: 'running', failure, console: '' });
  await machine.start('snapshot');
  await vi.waitFor(() => {
    expect(first().text).toMatch(
      /\[The kernel panicked\.\]\n\[node-1 was restarted from its snapshot\.\]\nroot@node-1:~# $/,
    );
  });
});

test('a power cycle shows the console from power-on, then the shell again', async () => {
  await machine.start('snapshot');
  await opened(first());
  tabs.watchBoot();
  attachAll();
  const console = tabs.active;
  expect(console?.title).toBe('Console');
  await machine.start('cold-boot');
  expect(tabs.active).toBe(first());
  await vi.waitFor(() => {
    expect(console?.text).toContain('Linux version 6.1.192');
    expect(first().text).toContain('[node-1 was switched off and on again.]');
  });
});

test('a machine that resets itself shows its boot once, then the shell again', async () => {
  await machine.start('snapshot');
  await opened(first());
  const reset = { code: 'unavailable', message: 'node-1 was restarted by itself.' } as const;
  const loading = {
    kind: 'loading',
    source: 'cold-boot',
    asset: 'Linux kernel',
    loadedBytes: 0,
    totalBytes: 10,
    fromCache: true,
    reset,
  } as const;
  node.setStatus(loading);
  attachAll();
  expect(tabs.active?.kind).toBe('console');
  node.setStatus({ kind: 'starting', source: 'cold-boot', reset });
  node.setStatus({ kind: 'running', source: 'cold-boot' });
  expect(tabs.active).toBe(first());
  await vi.waitFor(() => {
    expect(first().text.match(/\[node-1 was restarted by itself\.\]/g)).toHaveLength(1);
  });
  node.setStatus(loading);
  tabs.activate(first());
  node.setStatus({ ...loading, loadedBytes: 5 });
  expect(tabs.active).toBe(first());
});

test('a reader who chooses a tab during a boot stays there', async () => {
  tabs.watchBoot();
  const console = tabs.active;
  if (console) tabs.activate(console);
  await machine.start('cold-boot');
  expect(tabs.active).toBe(console);
});

test('the console is one tab however often it is asked for', () => {
  const console = tabs.showConsole();
  tabs.activate(first());
  expect(tabs.showConsole()).toBe(console);
  expect(titles()).toEqual(['node-1', 'Console']);
});

test('a pause leaves the shells alone; a tab opened meanwhile begins after it', async () => {
  await machine.start('snapshot');
  await opened(first());
  await machine.pause();
  const second = tabs.addShell();
  attachAll();
  expect(second.state).toBe('waiting');
  await machine.resume();
  await opened(second);
  expect(first().text).toBe('root@node-1:~# ');
});

test('a shell that has ended stays ended when the machine is paused and resumed', async () => {
  await machine.start('snapshot');
  await opened(first());
  first().type('exit\r');
  await vi.waitFor(() => {
    expect(first().state).toBe('ended');
  });
  await machine.pause();
  await machine.resume();
  expect(first().state).toBe('ended');
});
