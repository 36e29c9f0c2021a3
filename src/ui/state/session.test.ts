import { Terminal } from '@xterm/headless';
import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { consoleOf, shellOn } from './programs.ts';
import { Session } from './session.svelte.ts';

let node: FakeNode;
let clock: ManualClock;
let screen: Terminal;

beforeEach(() => {
  node = new FakeNode();
  clock = new ManualClock();
  screen = new Terminal({ cols: 80, rows: 24, allowProposedApi: true });
});

function shellSession(onLeave: () => void = () => undefined): Session {
  return new Session({ id: 1, title: 'node-1', program: shellOn(() => node), clock, onLeave });
}

async function openShell(onLeave?: () => void): Promise<Session> {
  const session = shellSession(onLeave);
  session.attach(screen);
  session.open();
  await shows(session, 'root@node-1:~#');
  return session;
}

async function shows(session: Session, text: string): Promise<void> {
  await vi.waitFor(() => {
    expect(session.text).toContain(text);
  });
}

test('waits for a screen, then runs a shell of its size', async () => {
  const session = shellSession();
  session.open();
  expect(session.state).toBe('waiting');
  session.attach(screen);
  await shows(session, 'root@node-1:~#');
  expect(session.state).toBe('open');
  expect(node.shell(1).size).toEqual({ columns: 80, rows: 24 });
});

test('sends text as UTF-8 and old mouse reports as bytes', async () => {
  const session = await openShell();
  screen.input('é€');
  session.type('x');
  await vi.waitFor(() => {
    expect(node.shell(1).receivedText).toBe('é€x');
  });
  expect(session.state).toBe('open');
});

test('tells the guest of a new size', async () => {
  await openShell();
  screen.resize(100, 30);
  await vi.waitFor(() => {
    expect(node.shell(1).size).toEqual({ columns: 100, rows: 30 });
  });
});

test('tells the guest of a size that changed while the shell was opening', async () => {
  const session = shellSession();
  session.attach(screen);
  session.open();
  screen.resize(60, 20);
  await vi.waitFor(() => {
    expect(node.shell(1).size).toEqual({ columns: 60, rows: 20 });
  });
});

test('an exit shows its code; Enter runs a new shell below', async () => {
  const session = await openShell();
  screen.input('exit 3\r');
  await shows(session, '[exited with code 3 — Enter for a new shell, Ctrl+D to close]');
  expect(session.state).toBe('ended');
  screen.input('x');
  screen.input('\r');
  await vi.waitFor(() => {
    expect(session.text.split('\n').at(-1)).toBe('root@node-1:~# ');
  });
  expect(node.shell(2).received).toHaveLength(0);
});

test('Ctrl+D after the end leaves', async () => {
  const onLeave = vi.fn();
  const session = await openShell(onLeave);
  screen.input('exit\r');
  await shows(session, '[exited with code 0');
  screen.input('\x04');
  expect(onLeave).toHaveBeenCalledTimes(1);
});

test('a kill names its signal', async () => {
  const session = await openShell();
  screen.input('kill\r');
  await shows(session, '[killed by signal KILL');
});

test('output of a process that outlives its shell is waited for only so long', async () => {
  const session = await openShell();
  // The shell's end is known, but its output stays open.
  await node.closeTerminal(1);
  await vi.waitFor(() => {
    clock.advance(100);
    expect(session.state).toBe('ended');
  });
  expect(session.text).toContain('killed by signal HUP');
});

test('a machine that goes away is told of once, with the reason; a shell can be opened again', async () => {
  const session = await openShell();
  screen.input('before');
  await shows(session, 'before');
  node.setStatus({ kind: 'starting', source: 'snapshot' });
  session.lose('node-1 was restarted from its snapshot.');
  expect(session.state).toBe('waiting');
  clock.advance(10_000);
  session.open();
  await vi.waitFor(() => {
    expect(session.text).toBe(
      'root@node-1:~# before\n[node-1 was restarted from its snapshot.]\nroot@node-1:~# ',
    );
  });
});

test('a shell that is opened again is scrolled into view', async () => {
  const session = await openShell();
  screen.input('seq 100\r');
  await shows(session, '100\nroot');
  screen.scrollToTop();
  session.lose('Gone.');
  session.open();
  await shows(session, '[Gone.]\nroot');
  const { viewportY, baseY } = screen.buffer.active;
  expect(viewportY).toBe(baseY);
});

test('a program that left the screen in disorder leaves it in order', async () => {
  const session = await openShell();
  await node.shell(1).say('\x1b[5;10r\x1b[?1049h\x1b[?1000hfull screen\x1b[?2004h');
  await shows(session, 'full screen');
  session.lose('Gone.');
  await shows(session, '[Gone.]');
  expect(screen.buffer.active.type).toBe('normal');
  expect(screen.modes).toMatchObject({ mouseTrackingMode: 'none', bracketedPasteMode: false });
  expect(session.text).toBe('root@node-1:~# \n[Gone.]');
});

test('a console that cannot be opened offers no shell', async () => {
  vi.spyOn(node, 'openConsole').mockRejectedValueOnce(new Error('The line is cut'));
  const program = consoleOf(() => node);
  const session = new Session({ id: 2, title: 'Console', program, clock });
  session.attach(screen);
  session.open();
  await shows(session, '[The line is cut. Enter to listen to the console again, Ctrl+D to close]');
});

test('a refusal to open is shown, and Enter tries again', async () => {
  const refused = vi.spyOn(node, 'openTerminal').mockRejectedValueOnce(new Error('No ptys left'));
  const session = shellSession();
  session.attach(screen);
  session.open();
  await shows(session, '[No ptys left. Enter for a new shell');
  screen.input('\r');
  await shows(session, 'root@node-1:~#');
  expect(refused).toHaveBeenCalledTimes(2);
});

test('a session closed while it opens hangs up', async () => {
  const session = shellSession();
  session.attach(screen);
  session.open();
  session.close();
  await vi.waitFor(() => {
    expect(node.calls).toContain('close 1');
  });
});

test("the key bar's Ctrl makes the next key a control character", async () => {
  const session = await openShell();
  session.controlNext = true;
  screen.input('c');
  screen.input('c');
  session.controlNext = true;
  session.type('[');
  await vi.waitFor(() => {
    expect([...node.shell(1).received]).toEqual([3, 0x63, 0x1b]);
  });
  expect(session.controlNext).toBe(false);
});

test('the console shows what was said before it was opened', async () => {
  node.say('[ 0.0 ] Linux\r\n');
  const session = new Session({ id: 2, title: 'Console', program: consoleOf(() => node), clock });
  session.attach(screen);
  session.open();
  await shows(session, '[ 0.0 ] Linux');
  node.say('[ 0.1 ] more\r\n');
  await shows(session, '[ 0.1 ] more');
});

test('a reset takes the screen out of what output has set, and keeps its text', async () => {
  const session = await openShell();
  const print = (text: string) =>
    new Promise<void>((resolve) => {
      screen.write(text, resolve);
    });
  await print('\x1b(0q');
  await shows(session, '─');
  session.reset();
  await print('q');
  expect(session.text).toBe('root@node-1:~# ─q');
});
