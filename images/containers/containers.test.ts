import { describe, expect, test } from 'vitest';
import { parseReference } from '#oci/reference.ts';
import { sha256 } from '../recipe/digest.ts';
import { images } from './images.ts';
import { LayoutBuilder } from './layout.ts';
import { type LayerParts } from './layers.ts';
import { LayerTree } from './tree.ts';

const parts: LayerParts = {
  packages: new Map(),
  programs: new Map([['pause', new Uint8Array([1])]]),
  files: new Map(),
  mtime: 1_700_000_000,
};

async function built() {
  const layout = new LayoutBuilder(parts);
  for (const tag of ['1', '2']) {
    await layout.add({
      names: { 'a.b/pause': [tag] },
      layers: ['pause'],
      title: `pause ${tag}`,
      config: {},
      standsInFor: { 'a.b/pause': `sha256:${'0'.repeat(64)}` },
    });
  }
  return layout;
}

describe('a layout', () => {
  test('is the same from the same parts, and names each blob by its digest', async () => {
    const [one, other] = [await built(), await built()];
    expect(one.index()).toEqual(other.index());
    for (const [digest, bytes] of one.blobs) expect(digest).toBe(`sha256:${sha256(bytes)}`);
  });

  test('a hard link comes after what it is another name of, and has no contents', () => {
    const layer = new LayerTree(1).hardlink('srv/a', 'srv/b').file('srv/b', 'contents', 0o755);
    const members = layer.members();
    expect(members.slice(-2)).toMatchObject([
      { path: 'srv/b', type: 'file', mode: 0o755 },
      { path: 'srv/a', type: 'hardlink', target: 'srv/b', mode: 0o755 },
    ]);
    expect(members.at(-1)).not.toHaveProperty('data');
    expect(() => new LayerTree(1).hardlink('a', 'b').members()).toThrow('no file');
  });

  test('shares a layer between images that differ in their label', async () => {
    const { blobs, repositories } = (await built()).index();
    // one layer, two configurations, two manifests
    expect(Object.keys(blobs)).toHaveLength(5);
    const { tags, standIns } = repositories['a.b/pause'] ?? { tags: {} };
    expect(tags['1']).not.toBe(tags['2']);
    expect(Object.values(standIns ?? {})).toEqual([tags['2']]);
  });
});

describe('a layer', () => {
  const below = new LayerTree(1).folder('etc').symlink('lib', 'usr/lib').folder('usr/lib');

  test('leaves out what the layers below it have alike', () => {
    const above = new LayerTree(2).folder('etc').file('usr/lib/libx.so', 'x', 0o755);
    expect(above.members([below]).map(({ path }) => path)).toEqual([
      'usr',
      'usr/lib',
      'usr/lib/libx.so',
    ]);
  });

  test('keeps what differs in its mode or its owner', () => {
    const above = new LayerTree(2)
      .folder('etc', 0o700)
      .folder('usr/lib', 0o755, { uid: 7, gid: 8 });
    const members = above.members([below]);
    expect(members.find(({ path }) => path === 'etc')?.mode).toBe(0o700);
    expect(members.find(({ path }) => path === 'usr/lib')).toMatchObject({ uid: 7, gid: 8 });
  });

  test('of nothing but a program has nothing else', () => {
    const paths = new LayerTree(2)
      .file('pause', 'x')
      .members()
      .map(({ path }) => path);
    expect(paths).toEqual(['pause']);
  });
});

describe('the images', () => {
  const names = images.flatMap((image) =>
    Object.entries(image.names).flatMap(([name, tags]) => tags.map((tag) => `${name}:${tag}`)),
  );

  test('have names that are normalised, each once', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      const { name: repository, tag } = parseReference(name);
      expect(`${repository}:${String(tag)}`).toBe(name);
    }
  });

  test("are other images than the sandboxes where upstream's tests remove them", () => {
    const find = (name: string) =>
      images.find((image) => image.names['registry.k8s.io/pause']?.includes(name));
    expect(find('3.9')).not.toBe(find('3.10'));
    expect(find('3.9')?.title).not.toBe(find('3.10')?.title);
    expect(find('3.9')?.names).toHaveProperty(['k8s.gcr.io/pause']);
  });

  // cri-tools, pkg/validate/consts.go and pkg/framework/util.go
  test.each([
    'gcr.io/k8s-staging-cri-tools/test-image-latest:latest',
    'gcr.io/k8s-staging-cri-tools/test-image-tag:test',
    'gcr.io/k8s-staging-cri-tools/test-image-tag:all',
    'gcr.io/k8s-staging-cri-tools/test-image-tags:3',
    'gcr.io/k8s-staging-cri-tools/test-image-user-uid-group:latest',
    'gcr.io/k8s-staging-cri-tools/hostnet-nginx-386:latest',
    'registry.k8s.io/e2e-test-images/busybox:1.29-2',
    'registry.k8s.io/e2e-test-images/nginx:1.14-2',
    'registry.k8s.io/e2e-test-images/httpd:2.4.39-4',
    'registry.k8s.io/e2e-test-images/nonewprivs:1.3',
  ])('have what critest asks for: %s', (name) => {
    expect(names).toContain(name);
  });
});
