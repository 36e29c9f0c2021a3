import { expect, test } from 'vitest';
import { type KeyPress, shortcutOf } from './shortcuts.ts';

function press(combination: string): KeyPress {
  const words = combination.split('+');
  const key = words.at(-1) ?? '';
  return {
    key,
    code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key,
    ctrlKey: words.includes('Ctrl'),
    shiftKey: words.includes('Shift'),
    altKey: words.includes('Alt'),
    metaKey: words.includes('Cmd'),
  };
}

test.each([
  ['Ctrl+Shift+C', 'copy'],
  ['Ctrl+Shift+V', 'paste'],
  ['Ctrl+v', 'paste'],
  ['Ctrl+Alt+v', 'send-control-v'],
  ['Ctrl+Shift+F', 'find'],
  ['Ctrl+Shift+Enter', 'new-tab'],
  ['Ctrl+Shift+ArrowLeft', 'previous-tab'],
  ['Ctrl+Shift+ArrowRight', 'next-tab'],
  ['Ctrl+Shift+ArrowUp', 'leave-terminal'],
  ['Ctrl+-', 'smaller'],
  ['Ctrl+=', 'larger'],
  ['Ctrl+0', 'usual-size'],
])('%s is %s', (combination, shortcut) => {
  expect(shortcutOf(press(combination), false, false)).toBe(shortcut);
});

const ofTheTerminal = [
  ...['c', 'Ctrl+d', 'Ctrl+z', 'Ctrl+r', 'Alt+b', 'Ctrl+f', 'Tab', 'Escape', 'Cmd+c'],
  ...['Ctrl+Shift+_', 'Ctrl+Shift+-'],
];

test.each(ofTheTerminal)("%s is the terminal's", (combination) => {
  expect(shortcutOf(press(combination), true, false)).toBeUndefined();
});

test('Ctrl+C copies what is selected, and interrupts otherwise', () => {
  expect(shortcutOf(press('Ctrl+c'), true, false)).toBe('copy');
  expect(shortcutOf(press('Ctrl+c'), false, false)).toBeUndefined();
});

test('on a Mac, Ctrl+C and Ctrl+V are the program’s and sizes go with Cmd', () => {
  expect(shortcutOf(press('Ctrl+c'), true, true)).toBeUndefined();
  expect(shortcutOf(press('Ctrl+v'), true, true)).toBeUndefined();
  expect(shortcutOf(press('Cmd+='), false, true)).toBe('larger');
  expect(shortcutOf(press('Ctrl+='), false, true)).toBeUndefined();
  expect(shortcutOf(press('Ctrl+Shift+F'), false, true)).toBe('find');
});

test('a letter is known by what it types, or by its place where it types no Latin', () => {
  const cyrillic = { ...press('Ctrl+Shift+F'), key: 'А' };
  expect(shortcutOf(cyrillic, false, false)).toBe('find');
});
