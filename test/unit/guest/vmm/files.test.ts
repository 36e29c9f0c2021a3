import { beforeEach, describe, expect, it } from 'vitest';
import { patternBytes, useAgent } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { type NinepClient, NinepFailure, T } from './ninep-client.ts';
import { shared, startVmm } from './vmm-test.ts';

/** As on i386 and amd64, fcntl(2) */
const flags = { readOnly: 0, readWrite: 2, exclusive: 0o200, truncate: 0o1000, append: 0o2000 };
const valid = { mode: 1, uid: 2, gid: 4, size: 8, mtime: 0x20, mtimeSet: 0x100 };

describe.skipIf(cannotRunNatively)('the shared directory over 9P', () => {
  const guest = useAgent();
  const { sh } = { sh: (command: string) => guest.sh(`cd ${shared} && ${command}`) };
  let ninep: NinepClient;
  let root: number;

  beforeEach(async () => {
    ({ ninep } = await startVmm(guest));
    expect(await ninep.version(131072)).toEqual([131072, '9P2000.L']);
    root = await ninep.attach();
  });

  const refusal = (errno: string) => expect.objectContaining({ errno }) as NinepFailure;
  const openFile = async (name: string, how = 0) => ninep.open(await ninep.walk(root, name), how);
  const mknod = (name: string, mode: number, major = 0, minor = 0) =>
    ninep.call(T.mknod, (w) => w.u32(root).string(name).u32(mode).u32(major).u32(minor).u32(0));

  it('is read and written, and what the node writes is seen', async () => {
    const file = await ninep.create(root, 'new', { mode: 0o640 });
    const bytes = patternBytes(300_000, 1);
    for (let at = 0; at < bytes.length; at += 100_000) {
      expect(await ninep.write(file, at, bytes.subarray(at, at + 100_000))).toBe(100_000);
    }
    expect(await sh(`stat -c '%a %s %U' new`)).toBe('640 300000 root');
    const part = await ninep.read(file, 250_000, 1_000_000);
    expect(Buffer.compare(part, bytes.subarray(250_000))).toBe(0);
    await sh('echo from the node > new');
    expect(await ninep.readText(file)).toBe('from the node\n');
    expect(await ninep.readText(await openFile('new'))).toBe('from the node\n');
  });

  it('gives no more of a file at once than a message holds, and forgets all with a new session', async () => {
    await sh('head -c 200000 /dev/zero > f');
    const file = await openFile('f');
    expect(await ninep.read(file, 0, 0xffffffff)).toHaveLength(131072 - 11);
    expect(await ninep.version(8192, '9P2000.u')).toEqual([8192, 'unknown']);
    await expect(ninep.read(file, 0, 1)).rejects.toEqual(refusal('EBADF'));
    expect(await ninep.version(0xffffffff)).toEqual([256 << 10, '9P2000.L']);
  });

  it('opens, truncates and appends as the flags say', async () => {
    await sh('printf 12345 > f');
    const appending = await openFile('f', flags.readWrite | flags.append);
    await ninep.write(appending, 0, '67');
    expect(await sh('cat f')).toBe('1234567');
    await expect(ninep.write(await openFile('f'), 0, 'x')).rejects.toEqual(refusal('EBADF'));
    await expect(ninep.open(appending)).rejects.toEqual(refusal('EBUSY'));
    await openFile('f', flags.readWrite | flags.truncate);
    expect(await sh('cat f')).toBe('');
    await expect(
      ninep.create(root, 'f', { flags: flags.readWrite | flags.exclusive }),
    ).rejects.toEqual(refusal('EEXIST'));
    expect(await ninep.write(await ninep.create(root, 'f'), 0, 'again')).toBe(5);
  });

  it('gives new files to the user that the fid was attached for, with set-user-ID bits', async () => {
    const user = await ninep.attach(1000);
    await ninep.create(user, 'program', { mode: 0o4755, gid: 100 });
    await ninep.call(T.mkdir, (w) => w.u32(user).string('d').u32(0o1777).u32(100));
    await ninep.call(T.symlink, (w) => w.u32(user).string('l').string('to/nowhere').u32(100));
    await ninep.create(root, 'of-root', { mode: 0o6711 });
    expect(await sh(`stat -c '%n %a %u:%g' program d l of-root`)).toBe(
      'program 4755 1000:100\nd 1777 1000:100\nl 777 1000:100\nof-root 6711 0:0',
    );
    const link = await ninep.walk(root, 'l');
    const reply = await ninep.call(T.readlink, (w) => w.u32(link));
    expect(reply.string()).toBe('to/nowhere');
  });

  it('changes owner, mode, size and times, of links too and of files that are not open', async () => {
    await sh('printf 12345 > f; ln -s f l');
    const file = await ninep.walk(root, 'f');
    await ninep.setattr(file, valid.uid | valid.gid | valid.mode, { uid: 5, gid: 6, mode: 0o6755 });
    await ninep.setattr(file, valid.size, { size: 3 });
    await ninep.setattr(file, valid.mtime | valid.mtimeSet, { mtime: 1_000_000 });
    await ninep.setattr(await ninep.walk(root, 'l'), valid.uid, { uid: 7 });
    expect(await sh(`stat -c '%n %a %u:%g %s' f l; stat -c %Y f`)).toBe(
      'f 6755 5:6 3\nl 777 7:0 1\n1000000',
    );
    expect(await ninep.getattr(file)).toMatchObject({ size: 3, uid: 5, mode: 0o106755, nlink: 1 });
    const reader = await openFile('f');
    await ninep.setattr(reader, valid.size, { size: 2 ** 33 });
    expect(await sh(`stat -c '%s' f; du -k f | cut -f 1`)).toMatch(/^8589934592\n[0-8]$/);
  });

  it('keeps hold of files that are renamed or unlinked while they are open', async () => {
    await sh('echo old > a; echo other > b; mkdir d');
    const file = await openFile('a', flags.readWrite);
    const target = await openFile('b');
    const renameat = (from: string, to: string, directory = root) =>
      ninep.call(T.renameat, (w) => w.u32(root).string(from).u32(directory).string(to));
    await renameat('a', 'b');
    expect(await ninep.readText(file)).toBe('old\n');
    expect(await ninep.readText(target)).toBe('other\n');
    await renameat('b', 'c', await ninep.walk(root, 'd'));
    await ninep.call(T.unlinkat, (w) => w.u32(root).string('d').u32(0)).catch(() => undefined);
    await sh('rm d/c && rmdir d');
    await ninep.write(file, 0, 'nameless');
    expect(await ninep.readText(file)).toBe('nameless');
    expect(await ninep.getattr(file)).toMatchObject({ nlink: 0, size: 8 });
    // A second fid of it can still be opened.
    expect(await ninep.readText(await ninep.open(await ninep.walk(file)))).toBe('nameless');
    await expect(ninep.call(T.remove, (w) => w.u32(file))).rejects.toEqual(refusal('ENOENT'));
    await expect(ninep.clunk(file)).rejects.toEqual(refusal('EBADF'));
    // Nor is another taken for it whose name looks like what the kernel says of it.
    await sh('echo other > e');
    const gone = await ninep.walk(root, 'e');
    await sh("rm e; touch 'e (deleted)'");
    await expect(ninep.call(T.remove, (w) => w.u32(gone))).rejects.toEqual(refusal('ENOENT'));
    expect(await sh('ls')).toBe('e (deleted)');
  });

  it('links, renames and removes by fid, and removes by name', async () => {
    await sh('echo f > f; mkdir d');
    const file = await ninep.walk(root, 'f');
    const directory = await ninep.walk(root, 'd');
    await ninep.call(T.link, (w) => w.u32(directory).u32(file).string('hard'));
    expect(await ninep.getattr(file)).toMatchObject({ nlink: 2 });
    await ninep.call(T.rename, (w) => w.u32(file).u32(directory).string('g'));
    expect(await sh('ls d')).toBe('g\nhard');
    await ninep.call(T.remove, (w) => w.u32(file));
    await ninep.call(T.unlinkat, (w) => w.u32(directory).string('hard').u32(0));
    await expect(ninep.call(T.unlinkat, (w) => w.u32(root).string('d').u32(0))).rejects.toEqual(
      refusal('EISDIR'),
    );
    await ninep.call(T.unlinkat, (w) => w.u32(root).string('d').u32(0x200));
    expect(await sh('ls')).toBe('');
  });

  it('makes pipes and sockets but does not open them, and devices only where the node could not', async () => {
    await mknod('pipe', 0o010644);
    await mknod('socket', 0o140755);
    await mknod('whiteout', 0o020000);
    await expect(mknod('null', 0o020666, 1, 3)).rejects.toEqual(refusal('EPERM'));
    expect(await sh(`stat -c '%F' pipe socket whiteout`)).toBe(
      'fifo\nsocket\ncharacter special file',
    );
    await sh('mknod zero c 1 5; ln -s zero link');
    for (const name of ['pipe', 'socket', 'zero']) {
      await expect(openFile(name)).rejects.toEqual(refusal('ENXIO'));
      await expect(ninep.create(root, name)).rejects.toEqual(refusal('ENXIO'));
    }
    await expect(openFile('link')).rejects.toEqual(refusal('ELOOP'));
    await sh('mkdir m && mount -t tmpfs -o nodev tmpfs m');
    const nodev = await ninep.walk(root, 'm');
    await ninep.call(T.mknod, (w) =>
      w.u32(nodev).string('null').u32(0o020666).u32(1).u32(3).u32(0),
    );
    expect(await sh(`stat -c '%F %t:%T' m/null`)).toBe('character special file 1:3');
  });

  it('never leads above itself, nor through links of the node', async () => {
    await sh('mkdir -p d/e; ln -s / root; ln -s ../.. d/up');
    const top = await ninep.getattr(await ninep.attachTop());
    const there = async (...names: string[]) => ninep.getattr(await ninep.walk(root, ...names));
    expect(await there('..')).toMatchObject({ qid: top.qid });
    expect(await there('..', '..')).toMatchObject({ qid: top.qid });
    expect(await there('d', 'e', '..', '..', '..', '..')).toMatchObject({ qid: top.qid });
    expect((await there('d', 'e', '..', '..')).qid).toBe((await ninep.getattr(root)).qid);
    expect((await there('d', 'e', '..')).qid).toBe((await there('d')).qid);
    await expect(ninep.walk(root, 'root', 'etc')).rejects.toEqual(refusal('ENOENT'));
    await expect(ninep.walk(root, 'd/e')).rejects.toEqual(refusal('EINVAL'));
    const below = await ninep.walk(root, 'd', 'e');
    await sh('mv d/e /run/moved-out');
    await expect(ninep.walk(below, '..')).rejects.toEqual(refusal('ENOENT'));
    await expect(
      ninep.call(T.mkdir, (w) => w.u32(root).string('..').u32(0o755).u32(0)),
    ).rejects.toEqual(refusal('EINVAL'));
  });

  it('crosses mounts, whose files have numbers of their own', async () => {
    await sh('mkdir one two; mount -t tmpfs tmpfs one; mount -t tmpfs tmpfs two');
    await sh('touch one/f two/f; mkdir lower upper work merged; echo l > lower/f');
    await sh('mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged');
    const qid = async (...names: string[]) =>
      (await ninep.getattr(await ninep.walk(root, ...names))).qid;
    const inode = (path: string) => sh(`stat -c %i ${path}`);
    expect(await inode('one/f')).toBe(await inode('two/f'));
    const qids = [await qid('one', 'f'), await qid('two', 'f'), await qid('merged', 'f')];
    expect(new Set(qids).size).toBe(3);
    const file = await ninep.open(await ninep.walk(root, 'merged', 'f'), flags.readWrite);
    await ninep.write(file, 0, 'L');
    expect(await sh('cat upper/f lower/f')).toBe('L\nl');
    const statfs = await ninep.call(T.statfs, (w) => w.u32(file));
    expect(statfs.u32()).toBe(0x01021997);
  });

  it('has the attributes that are the pod’s, and not those that are overlayfs’', async () => {
    await sh('echo f > f');
    const file = await ninep.walk(root, 'f');
    const capability = '\x01\x00\x00\x02\x00\x20' + '\x00'.repeat(14);
    await ninep.setxattr(file, 'security.capability', capability);
    expect(await sh('getcap f 2>/dev/null || getfattr -m- f')).toMatch(/cap_net_raw|capability/);
    expect(await ninep.getxattr(file, 'security.capability')).toBe(capability);
    expect(await ninep.getxattr(file, '')).toBe('security.capability\0');
    await ninep.setxattr(file, 'security.capability', '', 2);
    await expect(ninep.getxattr(file, 'security.capability')).rejects.toEqual(refusal('ENODATA'));
    await ninep.setxattr(file, 'security.empty', '');
    expect(await ninep.getxattr(file, '')).toBe('security.empty\0');
    await expect(ninep.setxattr(file, 'security.empty', 'x', 1)).rejects.toEqual(refusal('EEXIST'));
    for (const name of ['trusted.overlay.opaque', 'nonsense']) {
      await expect(ninep.setxattr(file, name, 'y')).rejects.toEqual(refusal('EOPNOTSUPP'));
      await expect(ninep.getxattr(file, name)).rejects.toEqual(refusal('EOPNOTSUPP'));
    }
  });

  it('lists directories in pieces, each entry once, while they are being emptied', async () => {
    const names = Array.from({ length: 700 }, (_, i) => `${i}-${'n'.repeat(i % 240)}`);
    await sh(`mkdir d && cd d && ${names.map((name) => `: > ${name}`).join(';')}`);
    const directory = await ninep.open(await ninep.walk(root, 'd'));
    const seen: string[] = [];
    for (let offset = 0n; ;) {
      const entries = await ninep.readdir(directory, offset, 4096);
      if (entries.length === 0) break;
      for (const { name } of entries) {
        seen.push(name);
        if (name.startsWith('.')) continue;
        await ninep.call(T.unlinkat, (w) => w.u32(directory).string(name).u32(0));
      }
      offset = entries.at(-1)?.offset ?? 0n;
    }
    expect(seen.sort()).toEqual(['.', '..', ...names].sort());
    expect(await ninep.readdir(directory, 0n, 4096)).toHaveLength(2);
    await expect(ninep.readdir(directory, 0n, 20)).rejects.toEqual(refusal('EINVAL'));
  });

  it('goes back in a directory to where an entry said that the next one is', async () => {
    await sh('mkdir d && cd d && touch a b c d e f g h');
    const directory = await ninep.open(await ninep.walk(root, 'd'));
    const all = await ninep.readdir(directory, 0n, 8192);
    expect(all).toHaveLength(10);
    const fourth = all[3];
    const rest = await ninep.readdir(directory, fourth?.offset ?? 0n, 8192);
    expect(rest).toEqual(all.slice(4));
    const [, , file] = all;
    const walked = await ninep.getattr(await ninep.walk(directory, file?.name ?? ''));
    expect(walked.qid.slice(1)).toBe(file?.qid.slice(1));
  });
});
