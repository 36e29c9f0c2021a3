import { expect, test } from 'vitest';
import { escapeHtml } from './escape-html.ts';

test('a text opens no tag, ends no attribute, and is no entity', () => {
  expect(escapeHtml(`<a href="x">'&lt;'</a>`)).toBe(
    `&lt;a href=&quot;x&quot;&gt;'&amp;lt;'&lt;/a&gt;`,
  );
});
