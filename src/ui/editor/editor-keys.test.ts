import { expect, it } from 'vitest';
import { editorKeys } from './editor-keys.ts';

it.each([
  ['Linux x86_64', 'Control+Enter', 'Control+M', 'Control M'],
  ['Win32', 'Control+Enter', 'Control+M', 'Control M'],
  ['MacIntel', 'Meta+Enter', 'Shift+Alt+M', 'Shift Option M'],
])('are told to who uses %s as they are there', (platform, apply, toggle, spoken) => {
  const keys = editorKeys(platform);
  expect([keys.apply.shortcut, keys.tabToggle.shortcut]).toEqual([apply, toggle]);
  expect(keys.tabToggle.spoken).toBe(spoken);
});
