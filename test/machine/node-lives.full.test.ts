import { afterEach, describe, expect, it } from 'vitest';

import { sleep, systemClock } from '#base/clock.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { sleepIfIdle } from '#cluster/sleep-if-idle.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import { nextStatus, shell, startNode } from './node.ts';

const nodes: LinuxNode[] = [];

async function start(): Promise<LinuxNode> {
  const node = await startNode();
  nodes.push(node);
  return node;
}

afterEach(() => {
  for (const node of nodes.splice(0)) node.stop();
});

const identity =
  'cat /etc/machine-id /sys/class/net/eth0/address; head -c 16 /dev/urandom | xxd -p; ' +
  // The kernel makes it when it is first read (drivers/char/random.c): not before the snapshot.
  'cat /proc/sys/kernel/random/boot_id';

/** Resolves after a second in which the node executed next to nothing. */
async function atRest({ running: { machine } }: LinuxNode): Promise<void> {
  const executed = async () => {
    const before = machine.facts().instructions;
    await sleep(systemClock, 1000);
    return machine.facts().instructions - before;
  };
  await expect.poll(executed, { timeout: 30_000 }).toBeLessThan(50_000);
}

describe('the life of a node', () => {
  it('gives each restored machine an identity of its own, and the right time', async () => {
    const [one, other] = [await start(), await start()];
    const [first, second] = [
      await shell(one.running, identity),
      await shell(other.running, identity),
    ];
    const [machineId, mac, random, bootId] = first.split('\n');
    const [otherMachineId, otherMac, otherRandom, otherBootId] = second.split('\n');
    expect(machineId).toMatch(/^[0-9a-f]{32}$/);
    expect(machineId).not.toBe(otherMachineId);
    expect(mac).not.toBe(otherMac);
    expect(mac).toBe(one.running.machine.nic?.mac);
    expect(random).not.toBe(otherRandom);
    expect(bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(bootId).not.toBe(otherBootId);
    const guestSeconds = Number(await shell(one.running, 'date +%s'));
    expect(Math.abs(guestSeconds - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is called by its name everywhere, which the snapshot does not know', async () => {
    const node = nodeInProcess(undefined, 'worker-7');
    nodes.push(node);
    await node.start('snapshot');
    expect(await shell(node.running, 'hostname; cat /etc/hostname')).toBe('worker-7\nworker-7\n');
    expect(await shell(node.running, 'grep ^127.0.1.1 /etc/hosts')).toBe('127.0.1.1\tworker-7\n');
  });

  it('sleeps only if no process would miss the time', async () => {
    const node = await start();
    const { pid } = await node.running.agent.spawn({ argv: ['/bin/sleep', '1000'] });
    // Not the start's own work is to keep it awake.
    await atRest(node);
    expect(await sleepIfIdle(node, systemClock)).toBe(false);
    expect(node.status.kind).toBe('running');
    await node.running.agent.system.signal(pid, 'SIGKILL');
    await expect.poll(() => node.running.agent.system.findWork()).toBeUndefined();
    await atRest(node);
    expect(await sleepIfIdle(node, systemClock)).toBe(true);
    expect(node.status).toEqual({ kind: 'paused', by: 'sleep' });
  });

  it('is paused by the reader, whatever would put it to sleep meanwhile', async () => {
    const node = await start();
    await Promise.all([node.pause('reader'), node.pause('sleep')]);
    expect(node.status).toEqual({ kind: 'paused', by: 'reader' });
  });

  it('has the right time after a pause', async () => {
    const node = await start();
    await node.pause('reader');
    // The clock of this test jumps, as the reader's does while a laptop sleeps.
    const hour = 3_600_000;
    const { now } = Date;
    Date.now = () => now() + hour;
    try {
      await node.resume();
      const guestSeconds = Number(await shell(node.running, 'date +%s'));
      expect(Math.abs(guestSeconds - Date.now() / 1000)).toBeLessThan(60);
    } finally {
      Date.now = now;
    }
  });

  it('turns a panic of its kernel into a failure with the console, and ends every wait', async () => {
    const node = await start();
    const { agent } = node.running;
    const failed = nextStatus(node, 'failed');
    const waiting = await agent.spawn({ argv: ['/bin/sleep', '1000'] });
    const crash = agent.run({ argv: ['/bin/sh', '-c', 'echo c > /proc/sysrq-trigger'] });
    const ended = [expect(waiting.exited).rejects.toThrow(), expect(crash).rejects.toThrow()];
    const status = await failed;
    expect(status).toMatchObject({ during: 'running', failure: { message: /panic.*sysrq/is } });
    expect(status.console).toContain('Kernel panic - not syncing');
    await Promise.all(ended);
    await node.start('snapshot');
    expect(await shell(node.running, 'echo alive')).toBe('alive\n');
  });

  it('takes no panic that its console only quotes for one', async () => {
    const node = await start();
    // As the kernel's own lines, time and all, and then for longer than a panic is waited for.
    const lines = ['Kernel panic - not syncing: quoted', '---[ end Kernel panic - quoted ]---'];
    const quoting = lines.map((line) => `echo '<0>${line}' > /dev/kmsg`).join('; ');
    expect(await shell(node.running, `${quoting}; sleep 3; echo alive`)).toBe('alive\n');
    expect(new TextDecoder().decode(node.machine.console.scrollback())).toMatch(
      /\d\] Kernel panic - not syncing: quoted/,
    );
    expect(node.status.kind).toBe('running');
  });

  it('sees the guest switch itself off', async () => {
    const node = await start();
    const halted = nextStatus(node, 'halted');
    await node.running.agent.spawn({ argv: ['/bin/busybox', 'poweroff'] });
    expect((await halted).failure.message).toMatch(/switched/);
  });

  it.each(['reboot', 'reboot -f'])('boots again by itself after a %s', async (command) => {
    const node = await start();
    await shell(node.running, 'touch /root/kept');
    const loading = nextStatus(node, 'loading');
    const waiting = await node.running.agent.spawn({ argv: ['/bin/sleep', '1000'] });
    const ended = expect(waiting.exited).rejects.toMatchObject({ code: 'unavailable' });
    const running = loading.then(() => nextStatus(node, 'running'));
    await node.running.agent.spawn({ argv: ['/bin/busybox', ...command.split(' ')] });
    expect((await loading).reset?.message).toMatch(/node-1 was restarted by itself/);
    await ended;
    expect(await running).toEqual({ kind: 'running', source: 'cold-boot' });
    expect(await shell(node.running, 'ls /root')).toBe('');
  });

  it('goes on with a new agent when the agent is killed', async () => {
    const node = await start();
    const { agent } = node.running;
    const lost = nextStatus(node, 'starting');
    const again = nextStatus(node, 'running');
    const waiting = await agent.spawn({ argv: ['/bin/sleep', '1000'] });
    const ended = expect(waiting.exited).rejects.toMatchObject({ code: 'unavailable' });
    await agent.spawn({ argv: ['/bin/kill', '-9', String(agent.pid)] }).catch(() => undefined);
    expect((await lost).lost?.message).toMatch(/agent .* node-1 has ended/);
    await again;
    await ended;
    expect(node.running.agent.pid).not.toBe(agent.pid);
    expect(await shell(node.running, 'echo alive')).toBe('alive\n');
  });

  it('ends a start that is overtaken by another, without a status of its own', async () => {
    const node = await start();
    const overtaken = expect(node.start('cold-boot')).rejects.toMatchObject({ code: 'cancelled' });
    await node.start('snapshot');
    await overtaken;
    expect(node.status.kind).toBe('running');
  });

  it('boots cold, with the memory it is given and the console from power-on', async () => {
    const node = await start();
    await node.start('cold-boot', 384 << 20);
    const kilobytes = Number(await shell(node.running, "awk '/MemTotal/{print $2}' /proc/meminfo"));
    expect(kilobytes).toBeGreaterThan(340 << 10);
    const shown = new TextDecoder().decode(node.machine.console.scrollback());
    expect(shown).toMatch(/Linux version 6\.1/);
  });
});
