import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { AgentDisk } from '#cri/node-disk.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { ImageStore } from '#oci/image-store.ts';
import { platform } from '#oci/image-format.ts';
import { digestOf, json, sourceOf } from '#oci/testing/fake-registry.ts';
import { type TarMember, writeTar } from '#base/tar/writer.ts';
import { shell, startNode } from '../machine/node.ts';

/** CAP_NET_RAW, permitted and effective (linux/capability.h, vfs_cap_data). */
const netRaw = new Uint8Array([1, 0, 0, 2, 0, 32, ...new Array<number>(14).fill(0)]);

let node: LinuxNode;
const registry = new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory())));

beforeAll(async () => {
  node = await startNode();
});
afterAll(() => {
  node.stop();
});

function openStore(): Promise<ImageStore> {
  return ImageStore.open({ disk: new AgentDisk(node.running.agent), files: registry });
}

/** What a command prints with these layers mounted at /tmp/root, lowest first. */
function inLayers(layers: readonly string[], command: string): Promise<string> {
  const lower = layers.toReversed().join(':');
  return shell(
    node.running,
    `set -e; mkdir -p /tmp/upper /tmp/work /tmp/root
     mount -t overlay overlay -o lowerdir=${lower},upperdir=/tmp/upper,workdir=/tmp/work /tmp/root
     trap 'umount /tmp/root; rm -rf /tmp/upper /tmp/work' EXIT
     ${command}`,
  );
}

/** As `docker save` writes an image of these layers. */
function dockerArchive(name: string, layers: readonly TarMember[][]): Uint8Array {
  const tars = layers.map((members) => writeTar(members));
  const rootfs = { type: 'layers', diff_ids: tars.map(digestOf) };
  const config = json({ os: 'linux', architecture: platform.architecture, rootfs });
  const paths = tars.map((_, i) => `${i}/layer.tar`);
  return writeTar([
    ...tars.map((data, i) => ({ path: `${i}/layer.tar`, data })),
    { path: 'config.json', data: config },
    {
      path: 'manifest.json',
      data: json([{ Config: 'config.json', RepoTags: [name], Layers: paths }]),
    },
  ]);
}

describe('ImageStore on a node', () => {
  it('pulls busybox, which runs, finds it again after a restart, and removes all of it', async () => {
    const store = await openStore();
    const { id, ref } = await store.pull('busybox:1.36');
    expect(ref).toBe('docker.io/library/busybox:1.36');
    const { layerDirectories } = store.layersOf(id);
    const said = await inLayers(
      layerDirectories,
      `chroot /tmp/root /bin/sh -c 'whoami; ls -ld /tmp; brctl 2>&1 | head -n 1'`,
    );
    expect(said).toMatch(/^root\ndrwxrwxrwt .*\nBusyBox v1\.35/);

    const again = await openStore();
    expect(again.list()).toEqual(store.list());
    expect((await again.fsInfo()).bytes).toBeGreaterThan(2_000_000n);
    await again.remove('busybox:1.36');
    expect(await shell(node.running, `find ${again.directory} -mindepth 2`)).toBe('');
  });

  it('unpacks what a layer says of owners, modes, times, links, devices and attributes', async () => {
    const store = await openStore();
    const busybox = await node.running.agent.files.read('/usr/bin/busybox');
    const mtime = { seconds: 981_173_106, nanoseconds: 0 };
    const archive = dockerArchive('test/kinds:1', [
      [
        { path: 'd', type: 'directory', mode: 0o1777, uid: 7, gid: 8, mtime },
        { path: 'd/suid', mode: 0o4711, uid: 5, gid: 6, mtime, data: 'x'.repeat(300_000) },
        { path: 'hard', type: 'hardlink', target: 'd/suid' },
        { path: 'out', type: 'symlink', target: '/etc' },
        { path: 'out/inside', data: 'within the layer' },
        { path: 'null', type: 'character', mode: 0o666, major: 1, minor: 3 },
        { path: 'pipe', type: 'fifo', mode: 0o600 },
        {
          path: 'cat',
          mode: 0o755,
          data: busybox,
          xattrs: new Map([['security.capability', netRaw]]),
        },
      ],
    ]);
    await store.importTar(sourceOf(archive, 50_000));
    const [layer = ''] = store.layersOf('test/kinds:1').layerDirectories;
    const stat = await shell(
      node.running,
      `cd ${layer} && stat -c '%n %F %a %u:%g %h %Y %s' d d/suid hard; stat -c '%n %F %a %t,%T' null pipe; cat etc/inside; ls /etc/inside 2>&1 || true`,
    );
    expect(stat.split('\n')).toEqual([
      'd directory 1777 7:8 2 981173106 60',
      'd/suid regular file 4711 5:6 2 981173106 300000',
      'hard regular file 4711 5:6 2 981173106 300000',
      'null character special file 666 1,3',
      'pipe fifo 600 0,0',
      'within the layerls: /etc/inside: No such file or directory',
      '',
    ]);
    const status = `setpriv --reuid 1000 --clear-groups ${layer}/cat /proc/self/status`;
    expect(await shell(node.running, `${status} | grep CapEff`)).toBe(
      'CapEff:\t0000000000002000\n',
    );
  });

  it('takes away what a layer takes away of those below', async () => {
    const store = await openStore();
    const archive = dockerArchive('test/whiteouts:1', [
      [
        { path: 'keep/old', data: 'old' },
        { path: 'gone/file', data: 'gone' },
        { path: 'opaque/old', data: 'old' },
        { path: 'replaced/old', data: 'old' },
        { path: 'file', data: 'file' },
      ],
      [
        { path: 'keep/new', data: 'new' },
        { path: '.wh.gone' },
        { path: 'opaque/.wh..wh..opq' },
        { path: 'opaque/new', data: 'new' },
        { path: '.wh.replaced' },
        { path: 'replaced/new', data: 'new' },
        { path: '.wh.file' },
      ],
    ]);
    await store.importTar(sourceOf(archive));
    const { layerDirectories } = store.layersOf('test/whiteouts:1');
    const seen = await inLayers(layerDirectories, `cd /tmp/root; find . -type f | sort; cd /`);
    expect(seen.split('\n').filter(Boolean)).toEqual([
      './keep/new',
      './keep/old',
      './opaque/new',
      './replaced/new',
    ]);
  });

  it('says why a layer cannot be unpacked, and leaves nothing of it', async () => {
    const store = await openStore();
    const before = await shell(node.running, `ls ${store.directory}/layers`);
    const archive = dockerArchive('test/broken:1', [
      [{ path: 'link', type: 'hardlink', target: 'nowhere' }],
    ]);
    await expect(store.importTar(sourceOf(archive))).rejects.toThrow(
      'link /link: No such file or directory',
    );
    expect(await shell(node.running, `ls ${store.directory}/layers`)).toBe(before);
  });
});
