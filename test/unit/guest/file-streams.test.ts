import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { readAllBytes } from '#base/byte-stream.ts';
import type { GuestFiles } from '#guest/files.ts';
import { childrenOf, mountSlow, patternBytes, readUntil, text, useAgent } from './agent-test.ts';
import { NativeAgent, cannotRunNatively } from './native-agent.ts';
import { compile, leaseSource } from './test-programs.ts';

/** Of a poll, on a machine that is busy. */
const patience = { timeout: 10_000 };

/**
 * Runs a program for which a system call, if its third argument meets the condition, returns -errno, or 0, without
 * being made. See SECCOMP_RET_ERRNO in seccomp(2).
 */
const refuseSource = (call: string, condition: string, errno: string) => `
  #include <errno.h>
  #include <linux/filter.h>
  #include <linux/seccomp.h>
  #include <stddef.h>
  #include <sys/prctl.h>
  #include <sys/syscall.h>
  #include <unistd.h>
  int main(int argc, char **argv)
  {
    struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ${call}, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_K | ${condition}, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ${errno}),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof(rules) / sizeof(*rules), rules };
    if (argc < 2 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
      return 1;
    return execv(argv[1], argv + 1);
  }`;

describe.skipIf(cannotRunNatively)('files of the agent, read and written,', () => {
  const guest = useAgent();
  let files: GuestFiles;

  beforeEach(async () => {
    await guest.agent.files.makeDirectory('/run/t');
    files = guest.agent.files.at({ directory: '/run/t' });
  });

  it('are read as they were written', async () => {
    const content = patternBytes(3_000_000, 1);
    await files.write('big', content);
    expect(Buffer.compare(await files.read('big'), content)).toBe(0);
    const part = await files.read('big', { offset: 1_000_001, length: 70_000 });
    expect(Buffer.compare(part, content.subarray(1_000_001, 1_070_001))).toBe(0);
    expect(await files.read('big', { offset: 3_000_000 })).toHaveLength(0);
    await files.write('empty', '');
    expect(await files.read('empty')).toHaveLength(0);
    expect(await files.readText('/proc/self/comm')).toBe('agent\n');
    expect(await files.read('/dev/zero', { length: 100_000 })).toEqual(new Uint8Array(100_000));
  });

  it('are read as far as the reader goes', async () => {
    const { size, source } = await files.openRead('/dev/zero');
    expect(size).toBe(0);
    await source.read();
    expect(await childrenOf(guest.agent.pid)).toHaveLength(1);
    source.cancel();
    await expect.poll(() => childrenOf(guest.agent.pid), patience).toEqual([]);
  });

  it('that stall in the middle stop nothing else', async () => {
    const content = patternBytes(2_000_000, 5);
    await files.write('big', content);
    const { source } = await files.openRead('big');
    const [child = 0] = await childrenOf(guest.agent.pid);
    process.kill(child, 'SIGSTOP');
    const whole = readAllBytes(source);
    const big = await guest.sh('cat /run/t/big | sha256sum');
    expect(big).toContain(createHash('sha256').update(content).digest('hex'));
    expect(Buffer.compare(await files.read('big'), content)).toBe(0);
    expect(await Promise.race([whole, Promise.resolve('stalled')])).toBe('stalled');
    process.kill(child, 'SIGCONT');
    expect(Buffer.compare(await whole, content)).toBe(0);
  });

  it('that stall when they are opened stop nothing else, and can be given up', async () => {
    await files.write('leased', 'content');
    const lease = await compile('lease', leaseSource);
    const holder = await guest.agent.spawn({ argv: [lease, '/run/t/leased'] });
    await readUntil(holder.stdout, 'leased\n');
    const stop = new AbortController();
    const given = files.readText('leased', { signal: stop.signal });
    const waiting = files.readText('leased');
    await readUntil(holder.stdout, 'wanted\n');
    expect(await guest.sh('echo up')).toBe('up');
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    // The holder and who still waits for it.
    await expect.poll(() => childrenOf(guest.agent.pid), patience).toHaveLength(2);
    holder.kill();
    expect(await waiting).toBe('content');
  });

  it('are the same whether the agent reads them or a child', async () => {
    await mountSlow(guest, '/run/slow');
    const content = patternBytes(60_000, 3);
    await files.write('/run/slow.lower/small', content);
    for (const part of [{}, { offset: 12_345 }, { length: 54_321 }, { offset: 1, length: 4097 }]) {
      const here = await files.read('/run/slow.lower/small', part);
      expect(Buffer.compare(here, await files.read('/run/slow/small', part))).toBe(0);
      const { offset = 0, length = content.length } = part;
      expect(Buffer.compare(here, content.subarray(offset, offset + length))).toBe(0);
    }
  });

  it('are not said to be whole if their reader was killed', async () => {
    const { source } = await files.openRead('/dev/zero');
    const [child = 0] = await childrenOf(guest.agent.pid);
    process.kill(child, 'SIGKILL');
    await expect(readAllBytes(source)).rejects.toMatchObject({ errno: 'EIO' });
  });

  it('are not taken for files if they are pipes, and whoever writes there is left waiting', async () => {
    await guest.sh('mkfifo /run/t/pipe');
    const writer = await guest.agent.spawn({ argv: ['sh', '-c', 'echo kept > /run/t/pipe'] });
    await expect(files.read('pipe')).rejects.toMatchObject({ errno: 'EINVAL' });
    expect(await guest.sh('timeout 5 cat /run/t/pipe')).toBe('kept');
    expect(await writer.exited).toEqual({ code: 0 });
  });

  it('are replaced, appended to, updated, or left alone', async () => {
    await files.write('a', 'one');
    await files.write('a', 'three', { existing: 'append' });
    expect(await files.readText('a')).toBe('onethree');
    await files.write('a', 'XX', { existing: 'update', offset: 3 });
    expect(await files.readText('a')).toBe('oneXXree');
    await files.write('a', 'new');
    expect(await files.readText('a')).toBe('new');
    await expect(files.write('a', 'x', { existing: 'fail' })).rejects.toMatchObject({
      code: 'already-exists',
      message: 'Cannot write a: file exists (EEXIST).',
    });
    const both = { existing: 'fail', atomic: true } as const;
    await expect(files.write('a', 'x', both)).rejects.toMatchObject({ errno: 'EEXIST' });
    await files.write('b', 'x', both);
    expect(await files.readText('b')).toBe('x');
    expect((await files.list('.')).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('change all at once when written atomically, or not at all', async () => {
    await files.write('a', 'old', { mode: 0o640 });
    await files.changeOwner('a', { uid: 12, gid: 34 });
    const writer = await files.openWrite('a', { atomic: true });
    await writer.sink.write(patternBytes(100_000, 2));
    expect(await files.readText('a')).toBe('old');
    writer.cancel();
    await files.stat('.');
    expect((await files.list('.')).map(({ name }) => name)).toEqual(['a']);
    await files.write('a', 'new', { atomic: true });
    expect(await files.readText('a')).toBe('new');
    expect(await files.stat('a')).toMatchObject({ mode: 0o640, uid: 12, gid: 34 });
  });

  it('get 0644 where none were, whatever is written atomically', async () => {
    await files.write('new', 'content', { atomic: true });
    expect(await files.stat('new')).toMatchObject({ mode: 0o644, uid: 0, gid: 0 });
    await files.write('script', 'content', { atomic: true, mode: 0o755 });
    await files.write('script', 'changed', { atomic: true });
    expect(await files.stat('script')).toMatchObject({ mode: 0o755 });
  });

  it('are replaced where links lead, as with the > of a shell', async () => {
    await guest.sh(`cd /run/t; mkdir a b; echo old > b/file; chmod 700 b/file; chown 1:2 b/file
      ln -s ../b/file a/relative; ln -s /run/t/a/relative absolute; ln -s b/none dangling
      ln -s loop loop`);
    const before = await files.stat('b/file');
    await files.write('absolute', 'new', { atomic: true });
    expect(await files.readText('b/file')).toBe('new');
    const after = await files.stat('b/file');
    expect(after).toMatchObject({ mode: 0o700, uid: 1, gid: 2 });
    expect(after.inode).not.toBe(before.inode);
    await files.write('dangling', 'made', { atomic: true });
    expect(await files.readText('b/none')).toBe('made');
    for (const name of ['a/relative', 'absolute', 'dangling']) {
      expect(await files.lstat(name)).toMatchObject({ type: 'symlink' });
    }
    await expect(files.write('loop', 'x', { atomic: true })).rejects.toMatchObject({
      errno: 'ELOOP',
    });
  });

  it('are written in place where nothing can take their place', async () => {
    await guest.sh(`cd /run/t; mkdir d; mknod -m 600 null c 1 3; mkfifo pipe
      ln -s null link`);
    const atomic = { atomic: true, mode: 0o755 };
    await files.write('link', 'x', atomic);
    expect(await files.stat('null')).toMatchObject({ type: 'character-device', mode: 0o600 });
    const reader = await guest.agent.spawn({ argv: ['cat', '/run/t/pipe'] });
    await expect
      .poll(
        () => files.write('pipe', 'through', { atomic: true }).then(() => 'written', String),
        patience,
      )
      .toBe('written');
    expect(text(await readAllBytes(reader.stdout))).toBe('through');
    // What a link of /proc leads to has no name that could be given to another file.
    const held = await guest.agent.spawn({
      argv: ['sh', '-c', 'exec 3<>deleted; rm deleted; echo up; read x; cat <&3'],
      cwd: '/run/t',
      stdin: true,
    });
    await readUntil(held.stdout, 'up\n');
    await files.write(`/proc/${held.pid}/fd/3`, 'in place', { atomic: true });
    held.stdin?.end();
    expect(text(await readAllBytes(held.stdout))).toBe('in place');
    await files.write('/proc/sys/kernel/hostname', 'other', { atomic: true });
    expect(await guest.sh('hostname')).toBe('other');
    await expect(files.write('/proc/none', 'x', { atomic: true })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(files.write('/sys/none', 'x', { atomic: true })).rejects.toMatchObject({
      code: 'permission-denied',
    });
    for (const path of ['d', 'd/', 'none/', '/']) {
      await expect(files.write(path, 'x', { atomic: true })).rejects.toMatchObject({
        errno: 'EISDIR',
        message: `Cannot write ${path}: is a directory (EISDIR).`,
      });
    }
    const names = (await files.list('.')).map(({ name }) => name);
    expect(names).toEqual(['d', 'link', 'null', 'pipe']);
  });

  it('are written in place where they are mounted, in whatever namespace', async () => {
    await guest.sh(`cd /run/t; echo old > lower; touch here there; mount --bind lower here`);
    await files.write('here', 'new', { atomic: true });
    expect(await files.readText('lower')).toBe('new');
    const inside = await guest.agent.spawn({
      argv: ['unshare', '-m', 'sh', '-c', 'mount --bind lower there; echo up; read x; cat there'],
      cwd: '/run/t',
      stdin: true,
    });
    await readUntil(inside.stdout, 'up\n');
    const theirs = files.at({ rootOf: inside.pid, directory: '/run/t' });
    await theirs.write('there', 'newer', { atomic: true });
    inside.stdin?.end();
    expect(text(await readAllBytes(inside.stdout))).toBe('newer');
    expect(await files.readText('lower')).toBe('newer');
    expect(await files.readText('there')).toBe('');
  });

  it('are taken back when the caller gives up', async () => {
    const stop = new AbortController();
    const { source } = await files.openRead('/dev/zero', { signal: stop.signal });
    await source.read();
    stop.abort();
    await expect(readAllBytes(source)).rejects.toMatchObject({ code: 'cancelled' });
    expect(text(await files.read('/proc/self/comm'))).toBe('agent\n');
  });
});

describe.skipIf(cannotRunNatively)('an agent', () => {
  it('reads small files in memory without a child', async () => {
    const wrapper = await compile('no-fork', refuseSource('SYS_clone', 'BPF_JGE, 0', 'EAGAIN'));
    const prepare = `cp ${wrapper}.c /run/small && head -c 65537 /dev/zero > /run/large`;
    const options = { prepare: `${prepare} && exec ${wrapper} "$0" --stdio` };
    await using native = await NativeAgent.start(options);
    const { files } = await native.connect();
    expect(await files.readText('/run/small')).toBe(await readFile(`${wrapper}.c`, 'utf8'));
    for (const other of ['/run/large', '/dev/null', '/proc/self/comm']) {
      await expect(files.read(other)).rejects.toMatchObject({ errno: 'EAGAIN' });
    }
  });

  it('gives up a file that takes nothing and does not say why', async () => {
    const source = refuseSource('SYS_write', 'BPF_JEQ, 4242', '0');
    const wrapper = await compile('zero-write', source);
    await using native = await NativeAgent.start({ prepare: `exec ${wrapper} "$0" --stdio` });
    const { files } = await native.connect();
    await expect(files.write('/run/f', new Uint8Array(4242))).rejects.toMatchObject({
      errno: 'EIO',
    });
    await files.write('/run/f', new Uint8Array(4243));
  });
});
