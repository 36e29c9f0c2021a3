import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuestAssets } from '#cluster/guest-assets.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { AgentDisk } from '#cri/node-disk.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { ImageStore } from '#oci/image-store.ts';
import { shell, startNode } from '../machine/node.ts';

let node: LinuxNode;
let store: ImageStore;

beforeAll(async () => {
  node = await startNode();
  store = await ImageStore.open({
    disk: new AgentDisk(node.running.agent),
    files: new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory()))),
  });
});
afterAll(() => {
  node.stop();
});

/** What a script prints that has the image's root at /tmp/root, with the node's /proc and /dev. */
async function inImage(reference: string, script: string): Promise<string> {
  const { id } = await store.pull(reference);
  const lower = store.layersOf(id).layerDirectories.toReversed().join(':');
  return shell(
    node.running,
    `set -e; mkdir -p /tmp/upper /tmp/work /tmp/root
     mount -t overlay overlay -o lowerdir=${lower},upperdir=/tmp/upper,workdir=/tmp/work /tmp/root
     mkdir -p /tmp/root/proc /tmp/root/dev
     mount --rbind /proc /tmp/root/proc; mount --rbind /dev /tmp/root/dev
     trap 'umount -l /tmp/root; rm -rf /tmp/upper /tmp/work' EXIT
     ${script}`,
  );
}

/** Started by its own command, a server answers on a port; then it is stopped. */
async function serves(reference: string, port: number): Promise<string> {
  const { id } = await store.pull(reference);
  const { Cmd = [] } = store.layersOf(id).config.config ?? {};
  const command = Cmd.map((word) => `'${word}'`).join(' ');
  return inImage(
    reference,
    `chroot /tmp/root ${command} >/tmp/log 2>&1 & server=$!
     for i in $(seq 100); do curl -s http://127.0.0.1:${port}/ && break; sleep 0.1; done
     kill $server; wait $server || true`,
  );
}

describe('the images of the site', () => {
  it.each([
    ['nginx', 80, 'Welcome to nginx!'],
    ['registry.k8s.io/e2e-test-images/nginx:1.14-2', 80, 'Welcome to nginx!'],
    ['gcr.io/k8s-staging-cri-tools/hostnet-nginx-386', 12003, 'Welcome to nginx!'],
    ['registry.k8s.io/e2e-test-images/httpd:2.4.39-4', 80, 'It works!'],
    ['sandglass/http-server:1', 80, 'It works!'],
  ])('%s serves a page on port %d', async (reference, port, words) => {
    expect(await serves(reference, port)).toContain(words);
  });

  it('redis answers', async () => {
    const said = await inImage(
      'redis:7',
      `chroot /tmp/root redis-server --protected-mode no >/dev/null & server=$!
       ask() { chroot /tmp/root redis-cli "$@"; }
       for i in $(seq 100); do ask ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
       ask set a 1; ask incr a; kill $server; wait $server || true`,
    );
    expect(said).toBe('OK\n2\n');
  });

  it('toolbox has its tools, each with its libraries', async () => {
    const said = await inImage(
      'sandglass/toolbox',
      `for tool in 'curl --version' 'ip -V' 'ss -V' 'ping -V' 'drill -v' 'tcpdump --version' 'strace -V' 'ps -V' 'nslookup localhost 127.0.0.1'; do
         chroot /tmp/root $tool 2>&1 | head -n 1 || true
       done`,
    );
    expect(said).not.toMatch(/not found|cannot open shared object/);
    expect(said).toMatch(/^curl 7\.\d+.*\nip utility.*\nss utility.*\nping from.*\ndrill version/);
  });

  it('pause is a program that says so', async () => {
    expect(await inImage('registry.k8s.io/pause:3.10', 'chroot /tmp/root /pause -v')).toMatch(
      /^pause \d/,
    );
  });

  it("critest's images have what its specs look for", async () => {
    const staging = 'gcr.io/k8s-staging-cri-tools';
    const { id } = await store.pull(`${staging}/test-image-predefined-group`);
    expect(store.layersOf(id).config.config?.User).toBe('1000');
    const groups = `chroot /tmp/root id -u default-user; grep 50000 /tmp/root/etc/group`;
    expect(await inImage(`${staging}/test-image-predefined-group`, groups)).toBe(
      '1000\ngroup-defined-in-image:x:50000:default-user\n',
    );
    expect(
      await inImage(
        'registry.k8s.io/e2e-test-images/nonewprivs:1.3',
        'setpriv --reuid 1000 --clear-groups /tmp/root/nnp; setpriv --reuid 1000 --clear-groups --no-new-privs /tmp/root/nnp',
      ),
    ).toBe('Effective uid: 0\nEffective uid: 1000\n');
    const digest = 'sha256:9700f9a2f5bf2c45f2f605a0bd3bce7cf37420ec9d3ed50ac2758413308766bf';
    await store.pull(`${staging}/test-image-digest@${digest}`);
    expect(store.status(`${staging}/test-image-digest@${digest}`)?.references).toEqual([
      `${staging}/test-image-digest@${digest}`,
    ]);
  });
});
