import { expect, test } from 'vitest';
import { embedLine } from './embed-line.ts';

test('the line has the bare page, with what its address carries', () => {
  const line = embedLine({
    url: 'https://example.org/a/playground/?test#v1.abc',
    title: 'Sandglass',
  });
  expect(line).toMatch(/^<iframe [^\n]*><\/iframe>$/);
  expect(line).toContain('src="https://example.org/a/playground/?embed#v1.abc"');
});

test('nothing leaves its attribute', () => {
  const line = embedLine({ url: 'https://example.org/?a#"><script>', title: '"><b>&' });
  expect(line).toContain('title="&quot;&gt;&lt;b&gt;&amp;"');
  expect(line).not.toContain('<b>');
  expect(line).not.toContain('<script>');
});
