import { expect, it } from 'vitest';
import { parseEnvFile } from './env-file.ts';

const text = `# what the init container found out
  INDENTED='a'

DB_ADDRESS='db.example.org' # where it is
EMPTY=''
MULTI='first
# no comment
second'\t
DOLLARS='$HOME "quoted" \\n'\r
AFTER='z'`;

it.each([
  ['INDENTED', 'a'],
  ['DB_ADDRESS', 'db.example.org'],
  ['EMPTY', ''],
  ['MULTI', 'first\n# no comment\nsecond'],
  ['DOLLARS', '$HOME "quoted" \\n'],
  ['AFTER', 'z'],
  ['MISSING', undefined],
  ['# no comment', undefined],
])('finds %s', (key, value) => {
  expect(parseEnvFile(text, key)).toBe(value);
});

it.each([
  ["A='x'\nB=unquoted", 2],
  ['A="double"', 1],
  ["\n\nA = 'spaced'", 3],
  ["A='x' more", 1],
  ["A='never ends\n", 1],
  ["='nameless'", 1],
  ["A='1\n2'\nB", 3],
])('refuses %j', (bad, line) => {
  expect(() => parseEnvFile(bad, 'Z')).toThrow(
    `invalid environment variable format at line ${line}`,
  );
});

it('refuses a value that no environment should hold', () => {
  expect(() => parseEnvFile(`A='${'é'.repeat(16_385)}'`, 'A')).toThrow('exceeds 32768 bytes');
});
