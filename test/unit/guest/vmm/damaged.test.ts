import { beforeEach, describe, expect, it } from 'vitest';
import { NinepWriter } from '#abi/ninep.ts';
import { vmmFrame } from '#runtimes/kata/vmm-frames.ts';
import { useAgent } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { type NinepClient, Rlerror, T } from './ninep-client.ts';
import { type Vmm, shared, startVmm } from './vmm-test.ts';

/** Numbers from 0 up to the limit, the same for the same seed. */
function randomOf(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const names = [
  'f',
  'd',
  'link',
  'new',
  '..',
  '.',
  '',
  'a/b',
  'x'.repeat(300),
  'user.a',
  'security.b',
];

/** A request of a known type whose fields are plausible, and whose fids mostly exist. */
function plausible(random: (limit: number) => number, tag: number): Uint8Array {
  const types = Object.values(T).filter((type) => type !== T.version);
  const type = types[random(types.length)] ?? T.walk;
  const w = new NinepWriter(type, tag);
  const fid = () => w.u32(1 + random(12));
  const name = () => w.string(names[random(names.length)] ?? '');
  const small = () => w.u32([0, 1, 2, 0o644, 0o100644, 0o010644, 4096, 0xffffffff][random(8)] ?? 0);
  const large = () => w.u64([0, 1, 2, 10, 70_000, 2 ** 31, 2 ** 40, 2 ** 52][random(8)] ?? 0);
  const fields: Record<number, readonly (() => unknown)[]> = {
    [T.statfs]: [fid],
    [T.lopen]: [fid, small],
    [T.lcreate]: [fid, name, small, small, small],
    [T.symlink]: [fid, name, name, small],
    [T.mknod]: [fid, name, small, small, small, small],
    [T.rename]: [fid, fid, name],
    [T.readlink]: [fid],
    [T.getattr]: [fid, large],
    [T.setattr]: [fid, small, small, small, small, large, large, large, large, large],
    [T.xattrwalk]: [fid, fid, name],
    [T.xattrcreate]: [fid, name, large, small],
    [T.readdir]: [fid, large, small],
    [T.fsync]: [fid, small],
    [T.lock]: [fid, () => w.u8(random(4)), small, large, large, small, name],
    [T.getlock]: [fid, () => w.u8(random(4)), large, large, small, name],
    [T.link]: [fid, fid, name],
    [T.mkdir]: [fid, name, small, small],
    [T.renameat]: [fid, name, fid, name],
    [T.unlinkat]: [fid, name, small],
    [T.auth]: [fid, name, name, small],
    [T.attach]: [fid, () => w.u32(0xffffffff), name, name, small],
    [T.flush]: [() => w.u16(random(40))],
    [T.walk]: [fid, fid, () => w.u16(1), name],
    [T.read]: [fid, large, small],
    [T.write]: [fid, large, () => w.u32(4).u32(7)],
    [T.clunk]: [fid],
    [T.remove]: [fid],
  };
  for (const field of fields[type] ?? []) field();
  return w.finish();
}

/** Cuts it off, lengthens it, or changes bytes of it; the tag stays, and mostly its own idea of its length. */
function damage(random: (limit: number) => number, message: Uint8Array): Uint8Array {
  let bytes = message.slice();
  switch (random(5)) {
    case 0:
      bytes = bytes.slice(0, 7 + random(bytes.length - 6));
      break;
    case 1:
      bytes = Uint8Array.from([...bytes, ...new Uint8Array(1 + random(20))]);
      break;
    case 2:
      for (let i = random(4); i >= 0; i--) bytes[7 + random(bytes.length - 7)] = random(256);
      break;
    case 3:
      bytes[4] = random(256);
      break;
  }
  const says = random(20) === 0 ? random(2 ** 32) : bytes.length;
  new DataView(bytes.buffer).setUint32(0, says, true);
  // A new session would forget the old one's fids, and no answer to it says so.
  if (bytes[4] === T.version) bytes[4] = T.walk;
  return bytes;
}

describe.skipIf(cannotRunNatively)('damaged 9P', () => {
  const guest = useAgent();
  let vmm: Vmm;
  let ninep: NinepClient;

  beforeEach(async () => {
    vmm = await startVmm(guest);
    ({ ninep } = vmm);
    await ninep.version(16384);
    await guest.sh(`cd ${shared}; echo f > f; mkdir d; ln -s f link`);
  });

  it.each([
    ['of an unknown type', new NinepWriter(99, 1).u32(1).finish(), 95],
    ['without its fid', new NinepWriter(T.clunk, 1).u16(1).finish(), 22],
    ['of a fid that there is not', new NinepWriter(T.clunk, 1).u32(77).finish(), 9],
    ['with too many names', new NinepWriter(T.walk, 1).u32(1).u32(2).u16(17).finish(), 22],
    [
      'with a name that runs past its end',
      new NinepWriter(T.walk, 1).u32(1).u32(2).u16(1).u16(9).finish(),
      22,
    ],
    [
      'with a NUL in a name',
      new NinepWriter(T.walk, 1).u32(1).u32(2).u16(1).string('a\0b').finish(),
      22,
    ],
    ['with more than it should have', new NinepWriter(T.clunk, 1).u32(1).u8(0).finish(), 22],
    [
      'of a message size too small',
      new NinepWriter(T.version, 1).u32(100).string('9P2000.L').finish(),
      22,
    ],
  ])('is refused: a request %s', async (_how, message, errno) => {
    expect(await ninep.attach()).toBe(1);
    const reply = await ninep.raw(message, 1);
    expect([reply.type, reply.u32()]).toEqual([Rlerror, errno]);
    await ninep.clunk(1);
  });

  it('that says another length than it has is refused, and what has no tag is ignored', async () => {
    const message = new NinepWriter(T.clunk, 1).u32(1).finish();
    message[0] = 50;
    const reply = await ninep.raw(message, 1);
    expect([reply.type, reply.u32()]).toEqual([Rlerror, 22]);
    vmm.frames.send(vmmFrame.ninep, new Uint8Array(6));
    vmm.frames.send(vmmFrame.ninep, new Uint8Array(0));
    expect(await ninep.attach()).toBe(1);
  });

  it('in thousands is answered, each request once', { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomOf(seed);
      await ninep.version(16384);
      for (let i = 1; i < 12; i++) await ninep.attach();
      const waiting: Promise<unknown>[] = [];
      for (let i = 0; i < 150; i++) {
        const tag = 1000 + i;
        const message = plausible(random, tag);
        waiting.push(ninep.raw(random(3) > 0 ? message : damage(random, message), tag));
      }
      // Locks that are waited for are told that they need not be.
      for (let i = 0; i < 150; i++) waiting.push(ninep.call(T.flush, (w) => w.u16(1000 + i)));
      await Promise.all(waiting);
    }
    expect(vmm.unread(vmmFrame.ninep)).toBe(0);
    expect(await guest.sh('ls /run | grep -v agent')).toContain('shared');
    expect(await ninep.version(8192)).toEqual([8192, '9P2000.L']);
  });
});
