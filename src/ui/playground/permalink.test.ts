import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { usualLayout } from './layout.ts';
import { type Shared, decodeFragment, encodeFragment } from './permalink.ts';

const shared = {
  file: '/root/pod.yaml',
  manifest: 'kind: Pod # <b>é</b> \u001b[31m\n',
  layout: {
    ...usualLayout,
    ...{ bench: true, side: 0.3 },
    xray: { views: ['pods', 'events'], placing: 'beside', share: 0.6 },
  },
} satisfies Shared;

/** A link whose maker is somebody else. */
function forged(content: unknown): string {
  const json = typeof content === 'string' ? content : JSON.stringify(content);
  return `v1.${deflateRawSync(json).toString('base64url')}`;
}

describe('a link', () => {
  it('carries manifest and layout', async () => {
    const fragment = await encodeFragment(shared);
    expect(fragment).toMatch(/^v1\.[\w-]+$/);
    expect(await decodeFragment(fragment)).toEqual(shared);
  });

  it('is no other fragment', async () => {
    expect(await decodeFragment('')).toBeUndefined();
    expect(await decodeFragment('main')).toBeUndefined();
  });

  it.each<[string, string, RegExp]>([
    ['of a later form', 'v2.abc', /newer version/],
    ['cut short', '', /damaged/],
    ['of other signs', 'v1.<script>', /damaged/],
    ['of no JSON', forged('{'), /damaged/],
    ['of another thing', forged('[]'), /no manifest/],
    ['of nothing', forged('null'), /says nothing/],
    ['without a text', forged({ ...shared, manifest: 5 }), /no manifest/],
    ['too long', `v1.${'A'.repeat(40_000)}`, /too long/],
    ['that unpacks to too much', forged({ ...shared, manifest: 'a'.repeat(5_000_000) }), /damaged/],
  ])('is refused that is %s', async (_what, fragment, why) => {
    const text = fragment === '' ? (await encodeFragment(shared)).slice(0, -8) : fragment;
    await expect(decodeFragment(text)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(why) as string,
    });
  });

  it.each([
    '/root/a;reboot.yaml',
    '/root/$(reboot).yaml',
    '/root/../etc/passwd.yaml',
    '/root/a b.yaml',
    '/root/-f.yaml',
    '/etc/passwd',
    '/root/a.yaml\nreboot',
    `/root/${'a'.repeat(300)}.yaml`,
  ])('gives its manifest no name like %j', async (file) => {
    await expect(decodeFragment(forged({ ...shared, file }))).rejects.toThrow(/not allowed/);
  });

  it('has a layout as usual where its own makes no sense', async () => {
    const layout = {
      bench: 'yes',
      view: '<b>',
      figures: 1,
      side: 1e9,
      stack: 'NaN',
      xray: [],
      more: true,
    };
    const read = await decodeFragment(forged({ ...shared, layout }));
    expect(read?.layout).toEqual({ ...usualLayout, side: 0.85 });
  });

  it('from before there were two figures shows one', async () => {
    const { xray: _xray, ...layout } = shared.layout;
    const read = await decodeFragment(forged({ ...shared, layout }));
    expect(read?.layout).toEqual({ ...shared.layout, xray: usualLayout.xray });
  });

  it('is not made of what is too long for one', async () => {
    const noise = Array.from({ length: 60_000 }, () => Math.random().toString(36)[3]).join('');
    const made = encodeFragment({ ...shared, manifest: noise });
    await expect(made).rejects.toMatchObject({ code: 'resource-exhausted' });
  });
});
