import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import * as protocol from './protocol.ts';

const header = path.join(import.meta.dirname, '../../images/guest/protocol.h');

/** `FRAME_SIZE_MAX` is `frameSizeMax`. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Every `#define PREFIX_NAME number` of the header as `prefix.name`. */
function definitions(): Map<string, number> {
  const found = new Map<string, number>();
  const lines = readFileSync(header, 'utf8').matchAll(
    /^#define ([A-Z]+)_([A-Z_]+) (0x[0-9A-F]+|\d+)\b/gm,
  );
  for (const [, prefix = '', name = '', value] of lines) {
    found.set(`${prefix.toLowerCase()}.${camelCase(name)}`, Number(value));
  }
  return found;
}

it('has the numbers of the guest, all of them and no others', () => {
  const ours = new Map<string, number>();
  for (const [group, numbers] of Object.entries(protocol)) {
    if (typeof numbers === 'string') continue;
    for (const [name, value] of Object.entries(numbers)) ours.set(`${group}.${name}`, value);
  }
  const theirs = definitions();
  expect(theirs.size).toBeGreaterThan(80);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
});

it('has the magic of the guest', () => {
  expect(readFileSync(header, 'utf8')).toContain(
    `#define PROTOCOL_HELLO_MAGIC ${JSON.stringify(protocol.helloMagic)}`,
  );
  expect(new TextEncoder().encode(protocol.helloMagic)).toHaveLength(16);
});
