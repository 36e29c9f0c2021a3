import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { vmmFrame } from '#runtimes/kata/vmm-frames.ts';
import { text, useAgent } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { served, shared, startVmm, vsockPath } from './vmm-test.ts';

describe.skipIf(cannotRunNatively)("a machine's VMM", () => {
  const guest = useAgent();
  const run = (...argv: string[]) => guest.agent.run({ argv: ['kata-vmm', ...argv] });
  const remains = () => guest.sh(`ls ${vsockPath} 2>/dev/null || echo nothing`);

  it('hands its whole command line over, and shows it in the process table', async () => {
    const vmm = await startVmm(guest, ['--mac', '02:00:00:00:00:02', '--template']);
    expect(vmm.call.argv.slice(1)).toEqual([
      ...['--id', 'sid', '--machine', 'qemu', '--shared', served],
      ...['--vsock', vsockPath, '--mac', '02:00:00:00:00:02', '--template'],
    ]);
    expect(await guest.sh(`tr '\\0' ' ' < /proc/${vmm.process.pid}/cmdline`)).toContain(
      '--template',
    );
    expect(await guest.sh(`stat -c %A ${vsockPath}`)).toBe('srw-------');
  });

  it.each([
    [3, { code: 3 }],
    [{ signal: 'SIGKILL' } as const, { signal: 'SIGKILL' }],
  ])('ends as the host says: %s', async (end, exit) => {
    const vmm = await startVmm(guest);
    vmm.finish(end);
    expect(await vmm.process.exited).toEqual(exit);
    await vmm.over;
    expect(await remains()).toBe('nothing');
  });

  it('passes SIGTERM on, and lets the host end it', async () => {
    const vmm = await startVmm(guest);
    vmm.call.onSignal((signal) => {
      if (signal === 'SIGTERM') vmm.finish({ signal: 'SIGTERM' });
    });
    vmm.process.signal('SIGTERM');
    expect(await vmm.process.exited).toEqual({ signal: 'SIGTERM' });
    expect(await remains()).toBe('nothing');
  });

  it('ends with the agent of the node', async () => {
    const vmm = await startVmm(guest);
    await guest.native.kill();
    await promisify(execFile)('tail', [`--pid=${vmm.process.pid}`, '-f', '/dev/null']);
  });

  it('tells the host of its own violent end', async () => {
    const vmm = await startVmm(guest);
    const gone = new Promise((resolve) => {
      vmm.call.signal.addEventListener('abort', resolve);
    });
    vmm.process.signal('SIGKILL');
    await Promise.all([gone, vmm.over.catch(() => undefined)]);
    expect(await vmm.process.exited).toEqual({ signal: 'SIGKILL' });
  });

  it('ends with a sentence if the host sends what is no frame', async () => {
    const vmm = await startVmm(guest);
    await vmm.call.stdout.write(new Uint8Array([0x70, 0, 0, 0, 1, 0, 4, 0]));
    expect(await vmm.process.exited).toEqual({ code: 69 });
    expect(await remains()).toBe('nothing');
  });

  it('waits for a host that does not read, and loses nothing', async () => {
    const vmm = await startVmm(guest);
    const { ninep } = vmm;
    await ninep.version(262144);
    const root = await ninep.attach();
    await guest.sh(`head -c 200000 /dev/zero > ${shared}/f`);
    const file = await ninep.open(await ninep.walk(root, 'f'));
    const reads = Array.from({ length: 40 }, () => ninep.read(file, 0, 200_000));
    for (const read of reads) expect(await read).toHaveLength(200_000);
    expect(vmm.unread(vmmFrame.ninep)).toBe(0);
  });

  it('says what is wrong with its command line, or what it cannot have', async () => {
    const usage = await run('--id', 'x');
    expect(usage.exit).toEqual({ code: 2 });
    expect(text(usage.stderr)).toContain('--shared DIR');
    const nowhere = await run('--shared', '/run/none', '--vsock', vsockPath);
    expect(text(nowhere.stderr)).toBe(
      'sandglass-vmm: cannot open the shared directory: No such file or directory\n',
    );
    const unheard = await run('--shared', '/run', '--vsock', '/run/no/where');
    expect(text(unheard.stderr)).toContain("cannot listen for the VM's clients");
    const unserved = await run('--shared', '/run', '--vsock', vsockPath);
    expect(text(unserved.stderr)).toContain('nobody there serves it now');
    expect(unserved.exit).toEqual({ code: 69 });
    expect(await remains()).toBe('nothing');
  });
});
