import { beforeEach, describe, expect, it } from 'vitest';
import { useAgent } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { type NinepClient, NinepFailure, T } from './ninep-client.ts';
import { shared, startVmm } from './vmm-test.ts';

const refusal = (errno: string) => expect.objectContaining({ errno }) as NinepFailure;
/** open(2), as on i386 and amd64 */
const pathOnly = 0o10000000;

describe.skipIf(cannotRunNatively)('a machine that is not what it should be', () => {
  const guest = useAgent();
  const { sh } = { sh: (command: string) => guest.sh(`cd ${shared} && ${command}`) };
  let ninep: NinepClient;
  let root: number;

  beforeEach(async () => {
    ({ ninep } = await startVmm(guest));
    await ninep.version(131072);
    root = await ninep.attach();
  });

  it('does not get out by creating through a link, whatever the flags', async () => {
    await sh('mkdir /run/outside; echo secret > /run/outside/secret');
    await ninep.call(T.symlink, (w) => w.u32(root).string('out').string('/run/outside').u32(0));
    for (const flags of [pathOnly, pathOnly | 2, 0o200000 | pathOnly, 0xffffffff]) {
      await expect(ninep.create(root, 'out', { flags })).rejects.toBeInstanceOf(NinepFailure);
    }
    expect(await sh('ls /run/outside')).toBe('secret');
    await sh('echo f > f');
    const file = await ninep.open(await ninep.walk(root, 'f'), pathOnly);
    expect(await ninep.readText(file)).toBe('f\n');
    await expect(ninep.create(root, 'out', { flags: 2 })).rejects.toEqual(refusal('ELOOP'));
  });

  it('has but so much of the node’s memory in attributes that it never lets go of', async () => {
    await sh('echo f > f');
    const fids: number[] = [];
    const keep = async () => {
      const fid = await ninep.walk(root, 'f');
      await ninep.call(T.xattrcreate, (w) => w.u32(fid).string('user.a').u64(65536).u32(0));
      fids.push(fid);
    };
    await expect(async () => {
      for (let i = 0; i < 1000; i++) await keep();
    }).rejects.toEqual(refusal('ENOMEM'));
    expect(fids.length).toBeGreaterThan(32);
    for (const fid of fids) await ninep.clunk(fid);
    await keep();
  });

  it('is not told what overlayfs keeps in attributes', async () => {
    await sh(`mkdir -p lower/d upper work merged
      mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
      rmdir merged/d; mkdir merged/d`);
    const directory = await ninep.walk(root, 'upper', 'd');
    await ninep.setxattr(directory, 'security.mine', 'x');
    expect(await ninep.getxattr(directory, '')).toBe('security.mine\0');
    const merged = await ninep.walk(root, 'merged', 'd');
    expect(await ninep.getxattr(merged, '')).toBe('security.mine\0');
  });

  it('changes what is mounted below what it is served, and not what the mounts are on', async () => {
    await sh(`cd ..; mkdir -p cid/rootfs; echo f > f; mount -t tmpfs rootfs cid/rootfs`);
    const top = await ninep.attachTop();
    const cid = await ninep.walk(top, 'cid');
    const file = await ninep.walk(top, 'f');
    const [one, other] = [await ninep.walk(file), await ninep.walk(file)];
    const refused = [
      ninep.create(top, 'new'),
      ninep.create(cid, 'new'),
      ninep.open(one, 2),
      ninep.open(other, 0o1000),
      ninep.setattr(file, 1, { mode: 0o777 }),
      ninep.setxattr(file, 'security.a', 'b'),
      ninep.call(T.mkdir, (w) => w.u32(top).string('new').u32(0o755).u32(0)),
      ninep.call(T.symlink, (w) => w.u32(cid).string('new').string('/').u32(0)),
      ninep.call(T.mknod, (w) => w.u32(top).string('new').u32(0o010644).u32(0).u32(0).u32(0)),
      ninep.call(T.link, (w) => w.u32(cid).u32(file).string('new')),
      ninep.call(T.renameat, (w) => w.u32(top).string('cid').u32(top).string('away')),
      ninep.call(T.rename, (w) => w.u32(cid).u32(top).string('away')),
      ninep.call(T.unlinkat, (w) => w.u32(top).string('f').u32(0)),
      ninep.call(T.remove, (w) => w.u32(file)),
    ];
    for (const outcome of await Promise.allSettled(refused)) {
      expect(outcome).toEqual({ status: 'rejected', reason: refusal('EROFS') });
    }
    expect(await ninep.readText(await ninep.open(await ninep.walk(top, 'f')))).toBe('f\n');
    const made = await ninep.create(await ninep.walk(cid, 'rootfs'), 'new');
    await ninep.write(made, 0, 'new');
    expect(await sh('cd ..; ls; cat cid/rootfs/new')).toBe('cid\nf\nvolume\nnew');
  });
});
