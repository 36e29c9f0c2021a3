import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawPages } from '../../site/pages/plugin.ts';

/** Made up: no catalogue of words has it. */
const locale = 'eo';
/** Where the lesson lies, whatever its number and that of its part. */
const lesson =
  readdirSync('lessons/en', { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('-a-pod-call-by-call'),
  ) ?? '';
const title = 'Antaŭ iu ajn ujo, sablujo';

let directory: string;
let pages: Map<string, string>;

const page = (name: string) =>
  pages.get(`/${name}index.html`) ?? expect.fail(`There is no /${name}.`);

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sandglass-lessons-'));
  cpSync('lessons', directory, { recursive: true });
  const folder = path.join(directory, locale, lesson);
  mkdirSync(folder, { recursive: true });
  const file = '1-before-any-container.md';
  const english = readFileSync(path.join('lessons/en', lesson, file), 'utf8');
  writeFileSync(path.join(folder, file), english.replace(/^title: .*$/m, `title: ${title}`));
  pages = await drawPages('/', { lessons: directory });
}, 300_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('a folder of lessons in another language is enough for all pages in it', () => {
  const english = [...pages.keys()].filter((name) => !name.startsWith(`/${locale}/`));
  expect(english.length).toBeGreaterThan(5);
  for (const name of english) expect([...pages.keys()]).toContain(`/${locale}${name}`);
});

test('what is translated is shown so, and what is not in English, which its language says', () => {
  const html = page(`${locale}/lessons/the-cri/a-pod-call-by-call/`);
  // Nobody has translated the words around it.
  expect(html).toContain('<html lang="en"');
  const sections = html.split('<section ').slice(1);
  const translated = sections.find((section) => section.includes(title)) ?? '';
  expect(translated.split('>')[0]).toContain(`lang="${locale}"`);
  const rest = sections.filter((section) => section.startsWith('id=') && section !== translated);
  expect(rest.length).toBeGreaterThan(2);
  for (const section of rest) expect(section.split('>')[0]).toContain('lang="en"');
});

test('pages in two languages name each other, relative to themselves', () => {
  const path = 'lessons/the-cri/a-pod-call-by-call/';
  expect(page(path)).toContain(`hreflang="${locale}" href="../../../${locale}/${path}"`);
  expect(page(`${locale}/${path}`)).toContain(`hreflang="en" href="../../../../${path}"`);
});

test('a page in another language leads on in it', () => {
  expect(page(`${locale}/`)).toContain('href="./lessons/"');
  expect(page(`${locale}/lessons/the-cri/a-pod-call-by-call/`)).toContain(
    'href="../../../lessons/',
  );
});
