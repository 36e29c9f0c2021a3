import { beforeEach, describe, expect, it } from 'vitest';
import { vmmFrame } from '#runtimes/kata/vmm-frames.ts';
import { numbers } from '#runtimes/shim-frames.ts';
import { readUntil, useAgent, utf8 } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { compile, leaseSource } from '../test-programs.ts';
import { type NinepClient, NinepFailure, T } from './ninep-client.ts';
import { cannotBeSlow, slowSource } from './slow-files.ts';
import { type Vmm, shared, startVmm, vsockPath } from './vmm-test.ts';

const refusal = (errno: string) => expect.objectContaining({ errno }) as NinepFailure;
/** fcntl(2)'s, and Tlock's answers */
const lockType = { read: 0, write: 1, none: 2 };
const status = { got: 0, blocked: 1 };

describe.skipIf(cannotRunNatively)('while a file keeps the VMM waiting', () => {
  const guest = useAgent();
  let vmm: Vmm;
  let ninep: NinepClient;
  let root: number;

  beforeEach(async () => {
    vmm = await startVmm(guest);
    ({ ninep } = vmm);
    await ninep.version(131072);
    root = await ninep.attach();
  });

  const threads = async () =>
    (await guest.sh(`ls /proc/${vmm.process.pid}/task`)).split('\n').length;

  /** Resolves as soon as the VMM has answered a client, which it does between other things. */
  async function speaks(): Promise<void> {
    const connection = await guest.agent.connect({ unix: vsockPath });
    await connection.outgoing.write(utf8('CONNECT 7\n'));
    const [id = 0, port] = new Uint32Array((await vmm.next(vmmFrame.open)).slice().buffer);
    expect(port).toBe(7);
    vmm.frames.send(vmmFrame.opened, numbers(id, 0));
    await readUntil(connection.incoming, `OK ${id}\n`);
    connection.close();
    await vmm.next(vmmFrame.close);
  }

  it('others are opened and read, sockets are served, and the end of the wait is told', async () => {
    await guest.sh(`cd ${shared}; echo leased > leased; echo other > other`);
    const lease = await compile('lease', leaseSource);
    const holder = await guest.agent.spawn({ argv: [lease, `${shared}/leased`] });
    await readUntil(holder.stdout, 'leased\n');
    const file = await ninep.walk(root, 'leased');
    const opened = ninep.open(file);
    // What comes in the same moment, and what comes later.
    const other = ninep.walk(root, 'other');
    await readUntil(holder.stdout, 'wanted\n');
    expect(await ninep.readText(await ninep.open(await other))).toBe('other\n');
    await speaks();
    expect(await Promise.race([opened, Promise.resolve('waits')])).toBe('waits');
    // It is in use, and a request that opens it once more waits as well.
    const second = ninep.open(await ninep.walk(file));
    await speaks();
    holder.kill();
    expect(await ninep.readText(await opened)).toBe('leased\n');
    expect(await ninep.readText(await second)).toBe('leased\n');
    // The main thread, who leads, who watches.
    await expect.poll(threads).toBe(3);
  });

  it('a flush is answered after what it flushes', async () => {
    await guest.sh(`echo leased > ${shared}/leased`);
    const lease = await compile('lease', leaseSource);
    const holder = await guest.agent.spawn({ argv: [lease, `${shared}/leased`] });
    await readUntil(holder.stdout, 'leased\n');
    const file = await ninep.walk(root, 'leased');
    const answers: string[] = [];
    const tag = ninep.newTag();
    const opened = ninep.call(T.lopen, (w) => w.u32(file).u32(0), tag);
    await readUntil(holder.stdout, 'wanted\n');
    await speaks();
    const flushed = ninep.call(T.flush, (w) => w.u16(tag));
    void opened.then(() => answers.push('opened'));
    void flushed.then(() => answers.push('flushed'));
    await speaks();
    expect(answers).toEqual([]);
    holder.kill();
    await flushed;
    expect(answers).toEqual(['opened', 'flushed']);
    // Nothing is left to flush.
    await ninep.call(T.flush, (w) => w.u16(tag));
  });

  it.skipIf(cannotBeSlow)('reads of it wait by themselves, as many as there are', async () => {
    await guest.sh(`mkdir ${shared}/slow; echo fast > ${shared}/fast`);
    const slow = await compile('slow', slowSource);
    const server = await guest.agent.spawn({ argv: [slow, `${shared}/slow`], stdin: true });
    await readUntil(server.stdout, 'ready\n');
    const file = await ninep.open(await ninep.walk(root, 'slow', 'f'));
    for (let round = 0; round < 12; round++) {
      const reads = Array.from({ length: 5 }, () => ninep.readText(file));
      await readUntil(server.stdout, 'reading\n');
      await speaks();
      expect(await ninep.readText(await ninep.open(await ninep.walk(root, 'fast')))).toBe('fast\n');
      expect(await Promise.race([...reads, Promise.resolve('wait')])).toBe('wait');
      await server.stdin?.write(utf8('.....'));
      expect(await Promise.all(reads)).toEqual(Array(5).fill('slow'));
    }
    await expect.poll(threads).toBe(3);
    server.kill();
  });

  describe('locks', () => {
    const open = async (name: string, flags = 2) => ninep.open(await ninep.walk(root, name), flags);

    beforeEach(() => guest.sh(`cd ${shared}; echo f > f; mkdir d`));

    it('hold between fids, by range, and are asked for', async () => {
      const [one, two] = [await open('f'), await open('f')];
      expect(await ninep.lock(one, lockType.write, { start: 10, length: 10 })).toBe(status.got);
      expect(await ninep.lock(two, lockType.read, { start: 15, length: 1 })).toBe(status.blocked);
      expect(await ninep.lock(two, lockType.write, { start: 20, length: 5 })).toBe(status.got);
      const asked = await ninep.call(T.getlock, (w) =>
        w.u32(two).u8(lockType.write).u64(0).u64(0).u32(77).string('vm'),
      );
      expect([asked.u8(), asked.u64(), asked.u64()]).toEqual([lockType.write, 10, 10]);
      await ninep.lock(one, lockType.none);
      expect(await ninep.lock(two, lockType.read, { start: 15, length: 1 })).toBe(status.got);
    });

    it('of flock(2) hold on a file that is open for reading only, and on a directory', async () => {
      const [one, two] = [await open('f', 0), await open('f', 2)];
      expect(await ninep.lock(one, lockType.write)).toBe(status.got);
      expect(await ninep.lock(two, lockType.write)).toBe(status.blocked);
      const [first, second] = [await open('d', 0), await open('d', 0)];
      expect(await ninep.lock(first, lockType.write)).toBe(status.got);
      expect(await ninep.lock(second, lockType.read)).toBe(status.blocked);
      expect(await guest.sh(`flock -n ${shared}/d true || echo locked`)).toBe('locked');
      await ninep.clunk(first);
      expect(await ninep.lock(second, lockType.read)).toBe(status.got);
    });

    it('are waited for until another of the machine lets go, by unlocking or by closing', async () => {
      const [one, two, three] = [await open('f'), await open('f'), await open('f')];
      await ninep.lock(one, lockType.write);
      const second = ninep.lock(two, lockType.write, { wait: true });
      const third = ninep.lock(three, lockType.write, { wait: true });
      await speaks();
      expect(await Promise.race([second, third, Promise.resolve('wait')])).toBe('wait');
      await ninep.lock(one, lockType.none);
      expect(await second).toBe(status.got);
      expect(await Promise.race([third, Promise.resolve('waits')])).toBe('waits');
      await ninep.clunk(two);
      expect(await third).toBe(status.got);
    });

    /** The node has a lock on the directory until it is told to go on, and a machine waits for it. */
    async function waitForNode(): Promise<{
      letGo: () => Promise<string>;
      waiting: Promise<number>;
    }> {
      await guest.sh(`mkfifo /run/go`);
      const argv = ['flock', `${shared}/d`, 'sh', '-c', 'echo locked; read go < /run/go'];
      const holder = await guest.agent.spawn({ argv });
      await readUntil(holder.stdout, 'locked\n');
      const waiting = ninep.lock(await open('d', 0), lockType.write, { wait: true });
      await speaks();
      expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
      return { letGo: () => guest.sh('echo > /run/go'), waiting };
    }

    it('are waited for until the node lets go', async () => {
      const { letGo, waiting } = await waitForNode();
      await letGo();
      expect(await waiting).toBe(status.got);
    });

    it('of the node are looked after however much else there is to do', async () => {
      const { letGo, waiting } = await waitForNode();
      let got: number | undefined;
      void waiting.then((answer) => (got = answer));
      await letGo();
      while (got === undefined) await speaks();
      expect(got).toBe(status.got);
    });

    it('are waited for no longer when the wait is flushed, nor by more than the queue has room for', async () => {
      const [one, two] = [await open('f'), await open('f')];
      await ninep.lock(one, lockType.write);
      const tag = ninep.newTag();
      const waiting = expect(ninep.lock(two, lockType.write, { wait: true, tag })).rejects.toEqual(
        refusal('EINTR'),
      );
      await ninep.call(T.flush, (w) => w.u16(tag));
      await waiting;
      const waits = Array.from({ length: 16 }, () =>
        ninep.lock(two, lockType.write, { wait: true }),
      );
      expect(await ninep.lock(two, lockType.write, { wait: true })).toBe(status.blocked);
      await ninep.lock(one, lockType.none);
      expect(await Promise.all(waits)).toEqual(Array(16).fill(status.got));
    });
  });
});
