import { expect, it } from 'vitest';
import { parseEnvFile } from './env-file.ts';

const text = `# what the init container found out
  INDENTED='a'

DB_ADDRESS='db.example.org' # where it is
EMPTY=''
MULTI='first
# no comment
second'\t
LINES='one\r
two'\r
BLANK= 'command'
IT'S#ODD='o'
DOLLARS='$HOME "quoted" \\n'\r
AFTER='z'`;

it.each([
  ['INDENTED', 'a'],
  ['DB_ADDRESS', 'db.example.org'],
  ['EMPTY', ''],
  ['MULTI', 'first\n# no comment\nsecond'],
  ['DOLLARS', '$HOME "quoted" \\n'],
  ['LINES', 'one\ntwo'],
  ['BLANK', ''],
  ["IT'S#ODD", 'o'],
  ['AFTER', 'z'],
  ['MISSING', undefined],
  ['# no comment', undefined],
])('finds %s', (key, value) => {
  expect(parseEnvFile(text, key)).toBe(value);
});

it.each([
  ["A='x'\nB=unquoted", 'at line 2: value must be enclosed in single quotes'],
  ['A="double"', 'at line 1: value must be enclosed in single quotes'],
  ['A=', 'at line 1: value must be enclosed in single quotes'],
  ["\n\nA = 'spaced'", "at line 3: whitespace before '=' is not allowed"],
  ["A='x' more", 'at line 1: unexpected content after closing quote'],
  ["A='x\ny''z'", 'at line 2: unexpected content after closing quote'],
  ["\nA='never ends\n", 'starting at line 2: unclosed single quote'],
  ["  ='nameless'", 'at line 1: empty variable name'],
  ["A='1\n2'\nB", "at line 3: missing '='"],
])('refuses %j', (bad, why) => {
  expect(() => parseEnvFile(bad, 'Z')).toThrow(`invalid environment variable format ${why}`);
});

it('does not look at what comes after the variable', () => {
  expect(parseEnvFile("A='x'\nB", 'A')).toBe('x');
});

it('refuses a value that no environment should hold', () => {
  expect(() => parseEnvFile(`A='${'é'.repeat(16_385)}'`, 'A')).toThrow('exceeds 32768 bytes');
});
