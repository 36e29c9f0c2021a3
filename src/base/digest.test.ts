import { afterEach, expect, it, vi } from 'vitest';
import { sha256Hex } from './digest.ts';

afterEach(() => vi.unstubAllGlobals());

/** FIPS 180-2, appendix B.1. */
const digestOfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

it('gives the standard digest with and without crypto.subtle', async () => {
  const abc = new TextEncoder().encode('abc');
  expect(await sha256Hex(abc)).toBe(digestOfAbc);
  vi.stubGlobal('crypto', {});
  expect(await sha256Hex(abc)).toBe(digestOfAbc);
});
