import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readerStrings } from './reader-strings.ts';

const ui = 'src/ui';

/** Proper names, terms and signs that are the same in every language. */
const names = [
  'Sandglass',
  'JSON',
  'SVG',
  'CPU',
  'IP',
  // On a button whose name says what it does.
  'Aa',
];

/** Of errors that no reader is told: causes of others, and what ends a wait that goes on otherwise. */
const untold = ['xterm.js is not the version that was read.', 'There is no IndexedDB.', 'No news.'];

const allowed = new Set([...names, ...untold]);

/** The catalogues themselves, and what only tests have. */
const isOutside = (file: string) => /^(words|testing|about\/real)\/|\.test\.ts$/.test(file);

test('every string for readers is in the catalogue', () => {
  const files = readdirSync(ui, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.(svelte|ts)$/.test(file) && !isOutside(file),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    readerStrings(file, readFileSync(path.join(ui, file), 'utf8'))
      .filter(({ text }) => !allowed.has(text))
      .map(({ line, text }) => `${file}:${line} ${text}`),
  );
  expect(found).toEqual([]);
});

test.each([
  ['<p>Nothing yet.</p>', 'Nothing yet.'],
  ['<p>{count} pods</p>', 'pods'],
  ['<button>{open ? words.a : `Close ${name}`}</button>', 'Close {}'],
  ['<b>{held && "held"}</b>', 'held'],
  ['<input placeholder="Find" />', 'Find'],
  ['<Dialog title="A file" />', 'A file'],
  ['<i aria-label={a ? "held" : b}></i>', 'held'],
  ['<i aria-label="Close {name}"></i>', 'Close'],
  ['<Strip note="What comes next" />', 'What comes next'],
  ['<i use:tell={{ text: "What comes next" }}></i>', 'What comes next'],
])('a component with %s is found out', (source, text) => {
  expect(readerStrings('A.svelte', source)).toEqual([{ line: 1, text }]);
});

test.each([
  ['<code>kubectl get pods</code>'],
  ['<i class="icon button" style:left="{x}px">{words.a}, {words.b} · {n}</i>'],
  ['{#if kind === "Running"}{/if}<i aria-label={name === "Ready" ? words.a : words.b}></i>'],
])('a component with %s is not', (source) => {
  expect(readerStrings('A.svelte', source)).toEqual([]);
});

test.each([
  ['\nconst title = `Fetching ${asset}`;', 2, 'Fetching {}'],
  ['tell(`${name} was cancelled.`);', 1, '{} was cancelled.'],
  ["const a = { b: ['waiting for it …'] } as const;", 1, 'waiting for it …'],
  ["throw new SandglassError('aborted', 'It has ended.');", 1, 'It has ended.'],
])('a module with %s is found out', (source, line, text) => {
  expect(readerStrings('a.ts', source)).toEqual([{ line, text }]);
});

test.each([
  ["import { a } from 'a b.';\ntype A = 'The first one.';"],
  ["console.warn('It has ended.');\nthrow new Error('It has ended.');"],
  ["run('kubectl get pods', `mv /root/${file} /etc/`);\nmatch('(pointer: coarse)');"],
  ["const names = ['SyncLoop (PLEG)', 'Running', 'button primary', 'pause, pid ?'];"],
])('a module with %s is not', (source) => {
  expect(readerStrings('a.ts', source)).toEqual([]);
});
