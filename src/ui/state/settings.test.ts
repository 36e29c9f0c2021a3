import { expect, test } from 'vitest';
import { Settings, fontSizes } from './settings.svelte.ts';

function memory(initial: Record<string, string> = {}) {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => {
      items.set(key, value);
    },
  };
}

test('settings are kept between visits', () => {
  const store = memory();
  const settings = new Settings(store);
  settings.theme = 'dark';
  settings.fontSize = 18;
  settings.screenReader = true;
  const later = new Settings(store);
  expect(later).toMatchObject({ theme: 'dark', fontSize: 18, screenReader: true });
});

test('the theme follows the system until one is chosen', () => {
  const settings = new Settings(memory());
  settings.systemDark = true;
  expect(settings.dark).toBe(true);
  settings.theme = 'light';
  expect(settings.dark).toBe(false);
});

test('font sizes stay in range', () => {
  const settings = new Settings(undefined);
  settings.fontSize = 500;
  expect(settings.fontSize).toBe(fontSizes.largest);
  settings.fontSize = 1;
  expect(settings.fontSize).toBe(fontSizes.smallest);
});

test.each(['', 'no JSON', '7', 'null', '{"theme":"pink","fontSize":"big"}'])(
  'what is stored as %j is no obstacle',
  (text) => {
    const settings = new Settings(memory({ 'sandglass.settings': text }));
    expect(settings).toMatchObject({ theme: 'system', fontSize: fontSizes.usual });
  },
);

test('a store that refuses does not keep the choice from holding', () => {
  const settings = new Settings({
    getItem: () => null,
    setItem: () => {
      throw new DOMException('Full', 'QuotaExceededError');
    },
  });
  settings.theme = 'dark';
  expect(settings.theme).toBe('dark');
});
