import { describe, expect, it } from 'vitest';
import type { TerminalSize } from '#base/terminal-size.ts';
import { sourceOf } from '#kube/streaming/testing.ts';
import { readResizes } from './resizes.ts';

async function sizesIn(...chunks: string[]): Promise<TerminalSize[]> {
  const sizes: TerminalSize[] = [];
  for await (const size of readResizes(sourceOf(...chunks))) sizes.push(size);
  return sizes;
}

describe('the sizes of a terminal', () => {
  it.each([
    ['in lines, as Go writes them', ['{"Width":80,"Height":24}\n{"Width":132,"Height":43}\n']],
    ['without lines and in small letters', ['{"height":24,"width":80}{"height":43,"width":132}']],
    ['cut anywhere', ['{"Wid', 'th":80,"Height":24', '}{"Width":1', '32,"Height":43}']],
  ])('are read %s', async (_how, chunks) => {
    expect(await sizesIn(...chunks)).toEqual([
      { columns: 80, rows: 24 },
      { columns: 132, rows: 43 },
    ]);
  });

  it.each([
    'nonsense}',
    '[]}',
    '{"Width":-1,"Height":24}',
    '{"Width":70000,"Height":24}',
    '{"Width":"80","Height":24}',
    '{"Width":80.5,"Height":24}',
    'x'.repeat(2000),
  ])('end at what is none: %s', async (text) => {
    expect(await sizesIn('{"Width":1,"Height":2}', text, '{"Width":3,"Height":4}')).toEqual([
      { columns: 1, rows: 2 },
    ]);
  });
});
