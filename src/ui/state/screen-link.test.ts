import { Terminal } from '@xterm/headless';
import { expect, test, vi } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { concatBytes, readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Screen } from '#ui/ports.ts';
import { ScreenLink, watermarks } from './screen-link.ts';
import { screenText } from './screen-text.ts';

function pair(): { near: BytePort; far: BytePort } {
  const { port1, port2 } = new MessageChannel();
  return { near: new BytePort(port1), far: new BytePort(port2) };
}

function headless(): Screen {
  return new Terminal({ cols: 80, rows: 24, scrollback: 10_000, allowProposedApi: true });
}

/** A screen that parses only when it is told to. */
function slowScreen(): { screen: Screen; parse: () => void; bytes: () => Uint8Array } {
  const pending: (() => void)[] = [];
  const written: Uint8Array[] = [];
  const screen = {
    ...headless(),
    write(data: Uint8Array, callback?: () => void) {
      written.push(data.slice());
      if (callback) pending.push(callback);
    },
  };
  return {
    screen,
    parse: () => {
      for (const callback of pending.splice(0)) callback();
    },
    bytes: () => concatBytes(written),
  };
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

test('shows a stream to its end', async () => {
  const { near, far } = pair();
  const screen = headless();
  const link = new ScreenLink(near, screen);
  await far.outgoing.write(new TextEncoder().encode('one\r\ntwo\r\n€'));
  far.outgoing.end();
  await link.drained;
  expect(screenText(screen)).toBe('one\ntwo\n€');
});

test('says when the first output is parsed, once', async () => {
  const { near, far } = pair();
  const onFirstOutput = vi.fn();
  const link = new ScreenLink(near, headless(), { onFirstOutput });
  await far.outgoing.write(Uint8Array.of(36));
  await far.outgoing.write(Uint8Array.of(32));
  far.outgoing.end();
  await link.drained;
  expect(onFirstOutput).toHaveBeenCalledTimes(1);
});

test('reads no faster than the screen parses, and loses nothing', async () => {
  const { near, far } = pair();
  const { screen, parse, bytes } = slowScreen();
  const link = new ScreenLink(near, screen);
  const all = pattern(3 << 20);
  const chunk = 64 << 10;
  let sent = 0;
  const sending = (async () => {
    for (; sent < all.length; sent += chunk) {
      await far.outgoing.write(all.subarray(sent, sent + chunk));
    }
    far.outgoing.end();
  })();
  await vi.waitFor(() => {
    expect(link.unparsed).toBeGreaterThan(watermarks.high);
  });
  expect(link.unparsed).toBeLessThanOrEqual(watermarks.high + chunk);
  await vi.waitFor(() => {
    parse();
    expect(bytes().length).toBe(all.length);
  });
  parse();
  await sending;
  await link.drained;
  expect(Buffer.compare(bytes(), all)).toBe(0);
});

test('sends a large paste whole and in order, however slowly the other side reads', async () => {
  const { near, far } = pair();
  const link = new ScreenLink(near, headless());
  const paste = pattern(1 << 20);
  void link.send(paste);
  const done = link.send(Uint8Array.of(13));
  const received = readAllBytes(far.incoming);
  await done;
  link.dispose();
  expect(Buffer.compare(await received, concatBytes([paste, Uint8Array.of(13)]))).toBe(0);
});

test('a stream that fails rejects, after what came before is shown', async () => {
  const { near, far } = pair();
  const screen = headless();
  const link = new ScreenLink(near, screen);
  await far.outgoing.write(new TextEncoder().encode('last words'));
  far.fail(new SandglassError('unavailable', 'The machine is gone.'));
  await expect(link.drained).rejects.toMatchObject({ code: 'unavailable' });
  await new Promise<void>((resolve) => {
    screen.write('', resolve);
  });
  expect(screenText(screen)).toBe('last words');
});

test('a disposed link ends its waits', async () => {
  const { near, far } = pair();
  const { screen } = slowScreen();
  const link = new ScreenLink(near, screen);
  await far.outgoing.write(pattern(watermarks.high + 1));
  await vi.waitFor(() => {
    expect(link.unparsed).toBeGreaterThan(watermarks.high);
  });
  link.dispose();
  await link.drained;
  await link.send(Uint8Array.of(1));
});
