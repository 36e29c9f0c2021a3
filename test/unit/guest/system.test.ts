import { release, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { useAgent } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

describe.skipIf(cannotRunNatively)('the machine of the agent', () => {
  // Clock and entropy have no namespaces: they are tested in a machine of v86.
  const guest = useAgent({
    unshare: ['--net'],
    prepare: 'touch /run/machine-id && mount --bind /run/machine-id /etc/machine-id',
  });

  it('tells facts', async () => {
    const before = Date.now();
    const facts = await guest.agent.system.facts();
    expect(facts.kernel.release).toBe(release());
    expect(facts.memory.total).toBe(totalmem());
    expect(facts.memory.available).toBeLessThan(facts.memory.total);
    expect(facts.memory.available).toBeGreaterThan(0);
    expect(facts.uptime).toBeGreaterThan(1000);
    expect(facts.wallTime).toBeGreaterThanOrEqual(before - 1);
    expect(facts.wallTime).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('gets a name and an id', async () => {
    const machineId = '0123456789abcdef0123456789abcdef';
    await guest.agent.system.setIdentity({ hostname: 'node-7', machineId });
    expect(await guest.sh('hostname; cat /etc/machine-id')).toBe(`node-7\n${machineId}`);
    expect((await guest.agent.system.facts()).hostname).toBe('node-7');
  });

  it('refuses what is none', async () => {
    const { system } = guest.agent;
    await expect(system.setIdentity({ machineId: 'X' })).rejects.toThrow('X is no machine id');
    await expect(system.setIdentity({ mac: '02:00' })).rejects.toThrow(
      '02:00 is no ethernet address.',
    );
    await expect(system.setIdentity({ mac: '02:00:00:00:00:01' })).rejects.toMatchObject({
      code: 'not-found',
      message:
        'Cannot give the machine its identity: it cannot set the hardware address: no such device (ENODEV).',
    });
    await expect(system.setIdentity({ hostname: 'x'.repeat(70) })).rejects.toThrow(
      'it cannot set the host name: invalid argument (EINVAL).',
    );
  });
});
