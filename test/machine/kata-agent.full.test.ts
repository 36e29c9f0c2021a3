import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCodes } from '#base/errors.ts';
import { TtrpcFrameReader } from '#runtimes/kata/ttrpc-frames.ts';
import { ResponseSchema } from '#runtimes/kata/ttrpc_pb.ts';
import { KataGuest, method } from './kata-guest.ts';

let guest: KataGuest;
beforeAll(async () => {
  guest = await KataGuest.boot({ containers: ['pause', 'one', 'two', 'three'] });
  await guest.createSandbox('pause');
  await guest.run('pause', ['sleep', '1000']);
});
afterAll(() => {
  guest.dispose();
});

const remove = (containerId: string) => guest.agent.call(method.removeContainer, { containerId });

/** The text of port 2 or 3 as it comes, and a way to wait for some of it. */
function reading(port: number) {
  let text = '';
  let wake: () => void = () => undefined;
  guest.machine.channel(port).listen((bytes) => {
    text += Buffer.from(bytes).toString('latin1');
    wake();
  });
  return {
    async until(found: (text: string) => boolean): Promise<string> {
      while (!found(text)) await new Promise<void>((resolve) => (wake = resolve));
      const all = text;
      text = '';
      return all;
    },
    type: (line: string) => guest.machine.channel(port).send(new TextEncoder().encode(line)),
  };
}

describe('streams', () => {
  beforeAll(() => guest.run('one', ['sleep', '1000']));
  afterAll(() => remove('one'));

  it('carry megabytes in and out, in order, while nobody hurries', async () => {
    await guest.exec('one', 'big', ['cat']);
    const bytes = new Uint8Array(3 << 20);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + (i >>> 16)) & 0xff;
    const written = (async () => {
      // more than a pipe holds: each waits until somebody reads, and the end waits for both
      const halves = [bytes.subarray(0, 1 << 20), bytes.subarray(1 << 20)];
      const calls = halves.map((data) =>
        guest.agent.call(method.writeStdin, { containerId: 'one', execId: 'big', data }),
      );
      await guest.agent.call(method.closeStdin, { containerId: 'one', execId: 'big' });
      const taken = (await Promise.all(calls)).map(({ len }) => len);
      expect(taken).toEqual(halves.map(({ length }) => length));
    })();
    let at = 0;
    for (;;) {
      const part = await guest.agent
        .call(method.readStdout, { containerId: 'one', execId: 'big', len: 1 << 20 })
        .catch(() => undefined);
      if (!part) break;
      expect(Buffer.compare(part.data, bytes.subarray(at, at + part.data.length))).toBe(0);
      at += part.data.length;
    }
    await written;
    expect(at).toBe(bytes.length);
    expect(await guest.status('one', 'big')).toBe(0);
  });

  it('leave a process that writes without end waiting, and the agent at hand', async () => {
    await guest.exec('one', 'flood', ['yes']);
    const before = guest.machine.facts().instructions;
    await guest.agent.call(method.readStdout, { containerId: 'one', execId: 'flood', len: 4096 });
    expect(await guest.ask('one', 'echo here')).toMatchObject({ output: 'here\n' });
    expect(guest.machine.facts().instructions).toBeGreaterThan(before);
    await guest.agent.call(method.signalProcess, {
      containerId: 'one',
      execId: 'flood',
      signal: 9,
    });
    expect(await guest.status('one', 'flood')).toBe(137);
  });

  it('stay where they are while nobody takes the answers', async () => {
    const { agent, machine } = guest;
    const flows = Array.from({ length: 8 }, (_, i) => ({
      containerId: 'one',
      execId: `flow-${i}`,
    }));
    for (const { execId } of flows) await guest.exec('one', execId, ['yes']);
    machine.channel(1).hold();
    // megabytes of them
    const reads = flows.flatMap((flow) =>
      Array.from({ length: 100 }, () => agent.call(method.readStdout, { ...flow, len: 65536 })),
    );
    let resident = 0;
    for (let looks = 0; looks < 5; looks++) {
      const [, kibibytes] = /^process\t1\t0\t.\t(\d+)\t/m.exec(await survey()) ?? [];
      resident = Number(kibibytes);
    }
    expect(resident).toBeGreaterThan(0);
    expect(resident).toBeLessThan(1500);
    machine.channel(1).release();
    for (const { data } of await Promise.all(reads)) expect(data[0]).toBe(121);
    for (const flow of flows) {
      await agent.call(method.signalProcess, { ...flow, signal: 9 });
      expect(await guest.status('one', flow.execId)).toBe(137);
    }
  });

  it('serve two hundred calls under way at once', async () => {
    const { agent } = guest;
    await guest.exec('one', 'quiet', ['cat']);
    const asked = { containerId: 'one', execId: 'quiet' };
    const waits = Array.from({ length: 150 }, () => agent.call(method.waitProcess, asked));
    const reads = Array.from({ length: 50 }, () =>
      agent.call(method.readStdout, { ...asked, len: 10 }),
    );
    await guest.write('one', 'x', 'quiet');
    expect((await Promise.race(reads)).data).toEqual(Uint8Array.of(120));
    await agent.call(method.closeStdin, asked);
    expect((await Promise.all(waits)).map(({ status }) => status)).toEqual(waits.map(() => 0));
    const ends = await Promise.allSettled(reads);
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(49);
  });

  it('end a terminal with its process, though another has it still', async () => {
    await guest.exec('one', 'held', ['sh', '-c', 'trap "" HUP; sleep 999 & echo done'], {
      Terminal: true,
    });
    expect(await guest.output('one', 'held')).toContain('done');
    expect(await guest.status('one', 'held')).toBe(0);
    expect((await guest.ask('one', 'ps')).output).toContain('sleep 999');
  });
});

describe('requests', () => {
  it('that are too long, or none at all, are refused without harm to others', async () => {
    const { machine, agent } = guest;
    const bytes = new Uint8Array(10 + (5 << 20));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 5 << 20);
    // a stream of ours that no call uses: its answer is nobody's
    view.setUint32(4, 0x7fffffff);
    view.setUint8(8, 1);
    const codes = new Map<number, number | undefined>();
    const reader = new TtrpcFrameReader(({ stream, message }) => {
      codes.set(stream, fromBinary(ResponseSchema, message).status?.code);
    });
    machine.channel(1).listen((answer) => {
      reader.feed(answer);
    });
    await machine.channel(1).send(bytes);
    await agent.call(method.getGuestDetails, {});
    expect(codes.get(0x7fffffff)).toBe(errorCodes.indexOf('resource-exhausted') + 1);
    // a response, and a message of garbage
    await machine.channel(1).send(Uint8Array.of(0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xfd, 2, 0, 9));
    await machine.channel(1).send(Uint8Array.of(0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xfb, 1, 0, 9));
    await agent.call(method.getGuestDetails, {});
    expect(codes.has(0x7ffffffd)).toBe(false);
    expect(codes.get(0x7ffffffb)).toBe(errorCodes.indexOf('invalid-argument') + 1);
  });
});

describe('containers', () => {
  it('share what a pod shares: name, IPC and, if they are to, processes', async () => {
    const shared = { containerId: 'two', sandboxPidns: true };
    const { specOf } = await import('./kata-guest.ts');
    await guest.run('one', ['sleep', '1000']);
    await guest.agent.call(method.createContainer, {
      ...shared,
      execId: 'two',
      OCI: specOf('two', ['sleep', '1001'], {}, {}),
    });
    await guest.agent.call(method.startContainer, { containerId: 'two' });
    const of = async (id: string, name: string) =>
      (await guest.ask(id, `ls -l /proc/self/ns/${name}`)).output.replace(/^.*-> /s, '');
    for (const name of ['ipc', 'uts', 'net'])
      expect(await of('one', name)).toBe(await of('two', name));
    for (const name of ['mnt', 'cgroup'])
      expect(await of('one', name)).not.toBe(await of('two', name));
    expect(await of('one', 'pid')).not.toBe(await of('two', 'pid'));
    expect(await of('two', 'pid')).toBe(await of('pause', 'pid'));
    const { output } = await guest.ask('two', 'ps');
    expect(output).toMatch(/ 1 root +sleep 1000\n/);
    expect(output).toContain('sleep 1001');
    await remove('two');
    await remove('one');
  });

  it('of a shared PID namespace end whole when their first process does', async () => {
    const { specOf } = await import('./kata-guest.ts');
    const args = ['sh', '-c', 'sleep 777 & sleep 778 & exec sleep 0.2'];
    await guest.agent.call(method.createContainer, {
      containerId: 'two',
      execId: 'two',
      sandboxPidns: true,
      OCI: specOf('two', args, {}, {}),
    });
    await guest.agent.call(method.startContainer, { containerId: 'two' });
    expect(await guest.status('two')).toBe(0);
    expect((await guest.ask('pause', 'ps')).output).not.toMatch(/sleep 77[78]/);
    await remove('two');
  });

  it('can be paused and go on, and be changed', async () => {
    const { agent } = guest;
    await guest.run('one', ['sh', '-c', 'while sleep 0.05; do echo tick; done']);
    const read = () => agent.call(method.readStdout, { containerId: 'one', len: 100 });
    await read();
    await agent.call(method.pauseContainer, { containerId: 'one' });
    const whilePaused = agent.call(
      method.readStdout,
      { containerId: 'one', len: 9 },
      { timeout: 300 },
    );
    await whilePaused.catch(() => undefined);
    const none = agent.call(method.readStdout, { containerId: 'one', len: 9 }, { timeout: 300 });
    await expect(none).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await agent.call(method.resumeContainer, { containerId: 'one' });
    expect((await read()).data.length).toBeGreaterThan(0);
    await agent.call(method.updateContainer, {
      containerId: 'one',
      resources: {
        Memory: { Limit: 7340032n },
        CPU: { Quota: 50000n, Period: 100000n },
        Pids: { Limit: 9n },
      },
    });
    const limits = await guest.ask('one', 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max');
    expect(limits.output).toBe('7340032\n50000 100000\n9\n');
    await remove('one');
  });

  it('tell who was killed for want of memory, before they tell how it ended', async () => {
    const order: string[] = [];
    const event = guest.agent.call(method.getOOMEvent, {}).then(({ containerId }) => {
      order.push(`oom ${containerId}`);
    });
    await guest.run(
      'one',
      ['sh', '-c', 'x=12345678; while :; do x="$x$x"; done'],
      {},
      {
        Linux: {
          CgroupsPath: '/one',
          Resources: { Memory: { Limit: 4194304n } },
          Namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((Type) => ({ Type })),
        },
      },
    );
    const ended = guest.status('one').then((status) => order.push(`exit ${status}`));
    await Promise.all([event, ended]);
    expect(order).toEqual(['oom one', 'exit 137']);
    await remove('one');
    // nothing is left to be told
    const none = guest.agent.call(method.getOOMEvent, {}, { timeout: 100 });
    await expect(none).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  it('leave nothing behind, thirty times', async () => {
    const mounts = async () => (await survey()).match(/^mount\t/gm)?.length;
    const cgroups = async () => (await survey()).match(/^cgroup\t/gm)?.length;
    const before = [await mounts(), await cgroups()];
    for (let i = 0; i < 30; i++) {
      await guest.create('three', ['true']);
      if (i % 3 > 0) await guest.agent.call(method.startContainer, { containerId: 'three' });
      if (i % 3 > 1) expect(await guest.status('three')).toBe(0);
      await remove('three');
    }
    expect([await mounts(), await cgroups()]).toEqual(before);
  });
});

let surveys: ReturnType<typeof reading> | undefined;
async function survey(): Promise<string> {
  surveys ??= reading(3);
  await surveys.type('?');
  const text = await surveys.until(
    (all) => all.length >= 4 && all.length >= 4 + Buffer.from(all, 'latin1').readUInt32LE(0),
  );
  return text.slice(4);
}

describe('the other ports', () => {
  it('survey the machine, one for each byte', async () => {
    const text = await survey();
    expect(text).toMatch(/^clock\t100\nkernel\t/);
    expect(text).toMatch(/^device\tvirtio\d\t9pnet_virtio\thost9p$/m);
    expect(text).toMatch(/^process\t1\t0\t/m);
    expect(text).toContain('kata-agent\t/init\n');
    expect(text).toMatch(/^cgroup\t\/pause\t/m);
    expect(text).toMatch(/\nend\n$/);
    expect(await survey()).toMatch(/\nend\n$/);
  });

  it('have a debug console with a shell, and another when that has ended', async () => {
    const console = reading(2);
    await console.type('\n');
    await console.until((text) => text.includes('root@kata:~# '));
    await console.type('tty; cat /etc/resolv.conf /sys/class/bdi/9p-*/read_ahead_kb\n');
    await console.type('ls /run/sandbox-ns; exit\n');
    // a NUL says that the shell is gone
    const text = await console.until((all) => all.endsWith('\0'));
    expect(text).toMatch(/\bipc +uts\r\n/);
    // a whole message of 128 KiB, without its header
    expect(text).toMatch(/^124\r$/m);
    expect(text).toContain('/dev/pts/0\r\n');
    expect(text).toContain('nameserver 10.96.0.10\r\nsearch default.svc.cluster.local\r\n');
    await console.type('echo again $((40 + 2))\n');
    await console.until((all) => all.includes('again 42'));
  });
});

describe('machines', () => {
  it('begin without a BIOS as well, and with 16 MiB', async () => {
    for (const [board, memory] of [
      ['minimal', 32],
      ['pc', 16],
    ] as const) {
      const small = await KataGuest.boot({ board, memory });
      await small.createSandbox();
      await small.run('one', ['sleep', '1000']);
      expect((await small.ask('one', 'echo hello')).output).toBe('hello\n');
      small.dispose();
    }
  });

  it('that are clones of one get a MAC, random numbers and a boot id of their own', async () => {
    const template = await KataGuest.boot();
    await template.agent.call(method.getGuestDetails, {});
    const snapshot = await template.machine.snapshot();
    template.dispose();
    const ids = new Set<string>();
    for (const mac of ['02:00:00:00:00:0a', '02:00:00:00:00:0b']) {
      const clone = await KataGuest.restore(snapshot, { mac });
      const data = crypto.getRandomValues(new Uint8Array(64));
      await clone.agent.call(method.reseedRandomDev, { data });
      await clone.agent.call(method.updateInterface, {
        interface: { name: 'eth0', hwAddr: mac, mtu: 1500n },
      });
      await clone.createSandbox();
      await clone.run('one', ['sleep', '1000']);
      const { output } = await clone.ask(
        'one',
        'cat /sys/class/net/eth0/address /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid',
      );
      const [address, ...random] = output.trim().split('\n');
      expect(address).toBe(mac);
      for (const id of random) ids.add(id);
      clone.dispose();
    }
    expect(ids.size).toBe(4);
  });
});
