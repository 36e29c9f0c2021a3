import { expect, test } from 'vitest';
import { addressAlone, iframeLine, stepAddress } from './embed.ts';

test('a page is embedded by its address with ?embed', () => {
  const line = iframeLine({ address: 'https://example.org/s/lessons/cri/why/#two', title: 'Why' });
  expect(line).toBe(
    '<iframe src="https://example.org/s/lessons/cri/why/?embed#two" title="Why" width="100%" height="560" loading="lazy" allow="clipboard-write" style="border:0"></iframe>',
  );
});

test('what the address has already stays as it is written', () => {
  const line = iframeLine({
    address: 'https://example.org/playground/?manifest=a+b%20c',
    title: 'Pod',
    height: 300,
  });
  expect(line).toContain('src="https://example.org/playground/?manifest=a+b%20c&amp;embed"');
  expect(line).toContain('height="300"');
});

test('nothing that is embedded twice says so twice', () => {
  const line = iframeLine({ address: 'https://example.org/?embed', title: '' });
  expect(line).toContain('src="https://example.org/?embed"');
});

test('a title with HTML ends no attribute', () => {
  const line = iframeLine({ address: 'https://example.org/', title: '"><script>' });
  expect(line).toContain('title="&quot;&gt;&lt;script&gt;"');
});

test('a step has an address of its own, whatever the page was asked for', () => {
  const address = stepAddress('https://example.org/lessons/cri/why/?embed&test#one', 'two');
  expect(address).toBe('https://example.org/lessons/cri/why/#two');
  expect(iframeLine({ address, title: '' })).toContain('cri/why/?embed#two');
});

test('an embedded page knows its address alone', () => {
  expect(addressAlone('https://example.org/p/?a=1&embed&b=2#three')).toBe(
    'https://example.org/p/?a=1&b=2#three',
  );
  expect(addressAlone('https://example.org/p/?embed')).toBe('https://example.org/p/');
});
