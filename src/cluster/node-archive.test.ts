import { expect, it } from 'vitest';
import { NinepMessage, NinepReader, NinepWriter } from '#abi/ninep.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import type { GuestAsset } from './guest-manifest.ts';
import { NodeArchive } from './node-archive.ts';

const file = (sha256: string, bytes: number): TreeEntry => ({
  type: 'file',
  mode: 0o755,
  mtime: 0,
  bytes,
  sha256,
});
const tree: TreeEntry = {
  type: 'directory',
  mode: 0o755,
  mtime: 0,
  entries: { big: file('aa', 30 << 20), bigger: file('bb', 40 << 20), small: file('cc', 10) },
};

/** Opens a file of the archive and reads its first byte. */
async function read({ server }: NodeArchive, name: string): Promise<number> {
  const call = (type: number, fill: (w: NinepWriter) => NinepWriter) =>
    server.handle(fill(new NinepWriter(type, 1)).finish());
  await call(NinepMessage.Tversion, (w) => w.u32(8192).string('9P2000.L'));
  await call(NinepMessage.Tattach, (w) => w.u32(0).u32(0).string('').string('').u32(0));
  await call(NinepMessage.Twalk, (w) => w.u32(0).u32(1).u16(1).string(name));
  await call(NinepMessage.Tlopen, (w) => w.u32(1).u32(0));
  return new NinepReader(await call(NinepMessage.Tread, (w) => w.u32(1).u64(0).u32(1))).type;
}

function archive(fetch: (asset: GuestAsset) => Promise<Uint8Array>) {
  const fetched: string[] = [];
  return {
    fetched,
    archive: new NodeArchive(tree, (asset) => {
      fetched.push(asset.path);
      return fetch(asset);
    }),
  };
}

const whole = ({ bytes }: GuestAsset) => Promise.resolve(new Uint8Array(bytes));

it('fetches a file by its digest, once for readers of the same time and later ones', async () => {
  const { archive: node, fetched } = archive(whole);
  await read(node, 'small');
  await read(node, 'small');
  expect(fetched).toEqual(['files/cc']);
});

it('drops what was used longest ago beyond 48 MiB', async () => {
  const { archive: node, fetched } = archive(whole);
  for (const name of ['small', 'big', 'small', 'bigger', 'small', 'big']) await read(node, name);
  expect(fetched).toEqual(['files/cc', 'files/aa', 'files/bb', 'files/aa']);
});

it('answers an error, and tries again with the next read', async () => {
  let online = false;
  const { archive: node, fetched } = archive((asset) =>
    online ? whole(asset) : Promise.reject(new Error('offline')),
  );
  expect(await read(node, 'small')).toBe(NinepMessage.Rlerror);
  online = true;
  expect(await read(node, 'small')).toBe(NinepMessage.Rread);
  expect(fetched).toEqual(['files/cc', 'files/cc']);
});
