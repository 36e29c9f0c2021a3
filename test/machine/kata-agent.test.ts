import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KataGuest, method } from './kata-guest.ts';

/** One machine for all of this file: what it shows, it shows of a machine in use. */
let guest: KataGuest;
beforeAll(async () => {
  guest = await KataGuest.boot();
  await guest.agent.call(method.getGuestDetails, {});
});
afterAll(() => {
  guest.dispose();
});

const nic = async () => {
  const { Interfaces } = await guest.agent.call(method.listInterfaces, {});
  return Interfaces.find(({ name }) => name !== 'lo');
};

describe('the agent of a fresh machine', () => {
  it('says what it is', async () => {
    expect(await guest.agent.call(method.getGuestDetails, {})).toMatchObject({
      memBlockSizeBytes: 0n,
      agentDetails: {
        initDaemon: true,
        storageHandlers: ['9p', 'ephemeral'],
        supportsSeccomp: true,
      },
    });
  });

  it('refuses what it does not know, and goes on', async () => {
    const { agent } = guest;
    const nothing = new Uint8Array();
    await expect(agent.callRaw('grpc.AgentService', 'Fly', nothing)).rejects.toMatchObject({
      code: 'unimplemented',
    });
    await expect(agent.callRaw('grpc.Other', 'CreateSandbox', nothing)).rejects.toMatchObject({
      code: 'unimplemented',
    });
    await expect(
      agent.callRaw('grpc.AgentService', 'CreateSandbox', Uint8Array.of(0xff, 0xff)),
    ).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(
      agent.call(method.statsContainer, { containerId: 'nobody' }),
    ).rejects.toMatchObject({ code: 'invalid-argument', message: 'Invalid container id' });
    await expect(agent.call(method.waitProcess, { containerId: 'nobody' })).rejects.toMatchObject({
      code: 'internal',
      message: 'Invalid container id',
    });
  });

  it('gives its one NIC the address that it is asked for, and names it', async () => {
    const { agent, machine } = guest;
    const hwAddr = '02:00:00:00:12:34';
    const addresses = [{ address: '10.244.0.7', mask: '24' }];
    await agent.call(method.updateInterface, {
      interface: { name: 'eth0', hwAddr, mtu: 1400n, IPAddresses: addresses },
    });
    expect(await nic()).toMatchObject({
      name: 'eth0',
      hwAddr,
      mtu: 1400n,
      IPAddresses: [{ address: '10.244.0.7', mask: '24' }],
    });
    expect(machine.nic?.mac).toBe(hwAddr);
    // found by it now, and its addresses are replaced
    await agent.call(method.updateInterface, {
      interface: {
        name: 'eth0',
        hwAddr,
        mtu: 1500n,
        IPAddresses: [{ address: '10.244.0.8', mask: '16' }],
      },
    });
    expect(await nic()).toMatchObject({
      mtu: 1500n,
      IPAddresses: [{ address: '10.244.0.8', mask: '16' }],
    });
  });

  it('sets routes, those without a gateway first, and replaces them', async () => {
    const { agent } = guest;
    const set = (Routes: { dest?: string; gateway?: string; device?: string; scope?: number }[]) =>
      agent.call(method.updateRoutes, { routes: { Routes } });
    const { Routes } = await set([
      { gateway: '10.245.0.1', device: 'eth0' },
      { dest: '10.245.0.1/32', device: 'eth0', scope: 253 },
    ]);
    expect(Routes).toMatchObject([
      { dest: '0.0.0.0', gateway: '10.245.0.1', device: 'eth0' },
      { dest: '10.244.0.0/16', device: 'eth0', source: '10.244.0.8' },
      { dest: '10.245.0.1/32', gateway: '', device: 'eth0', scope: 253 },
    ]);
    await set([{ gateway: '10.244.0.1', device: 'eth0' }]);
    expect((await agent.call(method.listRoutes, {})).Routes).toMatchObject([
      { dest: '0.0.0.0', gateway: '10.244.0.1' },
      { dest: '10.244.0.0/16' },
    ]);
    await expect(set([{ gateway: '10.244.0.1', device: 'eth7' }])).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(
        /the default route by "10.244.0.1" on "eth7": No such device/,
      ) as string,
    });
    await agent.call(method.addARPNeighbors, {
      neighbors: {
        ARPNeighbors: [
          {
            toIPAddress: { address: '10.244.0.1' },
            device: 'eth0',
            lladdr: '02:00:00:00:00:01',
            state: 0x80,
          },
        ],
      },
    });
    await expect(
      agent.call(method.updateInterface, { interface: { name: 'eth0', hwAddr: 'none' } }),
    ).rejects.toMatchObject({ code: 'internal' });
  });

  it('takes the time and random numbers it is given', async () => {
    const { agent } = guest;
    await agent.call(method.setGuestDateTime, { Sec: 1_800_000_000n, Usec: 5n });
    await agent.call(method.reseedRandomDev, { data: new Uint8Array(100).fill(3) });
    await expect(agent.call(method.reseedRandomDev, {})).rejects.toMatchObject({
      code: 'internal',
    });
  });
});

describe('a pod in it', () => {
  beforeAll(async () => {
    await guest.createSandbox();
    await guest.run('one', ['sh', '-c', 'echo begun; exec sleep 1000']);
  });

  it('is made once', async () => {
    await expect(guest.createSandbox()).rejects.toMatchObject({ code: 'failed-precondition' });
    await expect(guest.create('one', ['true'])).rejects.toMatchObject({ code: 'already-exists' });
    await expect(
      guest.agent.call(method.startContainer, { containerId: 'one' }),
    ).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  it('runs commands, tells what they write and how they end', async () => {
    expect(await guest.ask('one', 'echo to; echo fro >&2; exit 7')).toEqual({
      output: 'to\n',
      errors: 'fro\n',
      status: 7,
    });
    expect(await guest.ask('one', 'kill -9 $$')).toMatchObject({ status: 128 + 9 });
  });

  it("has the pod's name, clock and processes of its own", async () => {
    const { output } = await guest.ask('one', 'hostname; ps; head -c 5 /dev/zero | wc -c');
    expect(output).toMatch(/^pod\nPID +USER +COMMAND\n +1 root +sleep 1000\n/);
    expect(output).not.toContain('kata-agent');
    expect(output).toMatch(/\n5\n$/);
  });

  it('does not let those who wait hold up others', async () => {
    const { agent } = guest;
    const stop = new AbortController();
    const waiting = [
      agent.call(method.waitProcess, { containerId: 'one' }, stop),
      agent.call(method.getOOMEvent, {}, stop),
      agent.call(method.readStderr, { containerId: 'one', len: 100 }, stop),
    ];
    expect(await guest.ask('one', 'echo still here')).toMatchObject({ output: 'still here\n' });
    stop.abort();
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    const late = agent.call(method.waitProcess, { containerId: 'one' }, { timeout: 20 });
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  it('gives a process its input, and its end', async () => {
    await guest.exec('one', 'cat', ['cat']);
    await guest.write('one', 'over there\n', 'cat');
    await guest.agent.call(method.closeStdin, { containerId: 'one', execId: 'cat' });
    expect(await guest.output('one', 'cat')).toBe('over there\n');
    expect(await guest.status('one', 'cat')).toBe(0);
    // known, read and so forgotten, as its standard error is
    expect(await guest.output('one', 'cat', 'readStderr')).toBe('');
    await expect(guest.status('one', 'cat')).rejects.toMatchObject({ message: 'Invalid exec id' });
  });

  it('has terminals, of the size that they are given', async () => {
    const { agent } = guest;
    await guest.exec('one', 'tty', ['sh'], { Terminal: true });
    const size = { containerId: 'one', execId: 'tty', row: 33, column: 77 };
    await agent.call(method.ttyWinResize, size);
    await guest.write('one', 'stty size; exit 3\n', 'tty');
    const output = await guest.output('one', 'tty');
    expect(output).toContain('stty size; exit 3\r\n');
    expect(output).toContain('\r\n33 77\r\n');
    expect(await guest.status('one', 'tty')).toBe(3);
    await expect(
      agent.call(method.ttyWinResize, { containerId: 'one', row: 1, column: 1 }),
    ).rejects.toMatchObject({ code: 'unavailable', message: 'no tty' });
  });

  it('tells what could not be started, and keeps nothing of it', async () => {
    await expect(guest.exec('one', 'x', ['/bin/nothing'])).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('/bin/nothing') as string,
    });
    await expect(guest.status('one', 'x')).rejects.toMatchObject({ message: 'Invalid exec id' });
    await expect(guest.run('two', ['/bin/nothing'])).rejects.toMatchObject({ code: 'internal' });
    await guest.agent.call(method.removeContainer, { containerId: 'two' }).catch(() => undefined);
    await guest.run('two', ['sleep', '1000']);
    await guest.agent.call(method.removeContainer, { containerId: 'two' });
  });

  it('counts what a container uses', async () => {
    const stats = await guest.agent.call(method.statsContainer, { containerId: 'one' });
    expect(stats.cgroupStats?.pidsStats?.current).toBe(1n);
    expect(stats.cgroupStats?.memoryStats?.usage?.usage).toBeGreaterThan(0n);
    expect(stats.networkStats.map(({ name }) => name).sort()).toEqual(['eth0', 'lo']);
  });

  it('ends a container and tells everybody who waits', async () => {
    const { agent } = guest;
    const waits = [guest.status('one'), guest.status('one', 'one')];
    const output = guest.output('one');
    // sleep has no handler for it, and the first process of a namespace would not hear it
    await agent.call(method.signalProcess, { containerId: 'one', signal: 15 });
    expect(await Promise.all(waits)).toEqual([137, 137]);
    expect(await guest.status('one')).toBe(137);
    expect(await output).toBe('begun\n');
    await agent.call(method.signalProcess, { containerId: 'one', signal: 9 });
    await agent.call(method.removeContainer, { containerId: 'one' });
    await expect(guest.status('one')).rejects.toMatchObject({ message: 'Invalid container id' });
  });

  it('ends with its machine', async () => {
    await guest.run('two', ['sleep', '1000']);
    const waiting = guest.status('two');
    const halted = new Promise((resolve) => {
      guest.machine.events.listen((event) => {
        if (event.type === 'cpu-halted') resolve(undefined);
      });
    });
    await guest.agent.call(method.destroySandbox, {});
    expect(await waiting).toBe(137);
    await halted;
    expect(guest.console).not.toMatch(/panic|cannot/);
  });
});
