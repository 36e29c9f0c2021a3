import { beforeEach, describe, expect, it } from 'vitest';
import { patternBytes, useAgent } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { type NinepClient, T } from './ninep-client.ts';
import { shared, startVmm } from './vmm-test.ts';

describe.skipIf(cannotRunNatively)('the shared directory over 9P', () => {
  const guest = useAgent();
  let ninep: NinepClient;
  let root: number;

  beforeEach(async () => {
    ({ ninep } = await startVmm(guest));
    expect(await ninep.version(131072)).toEqual([131072, '9P2000.L']);
    root = await ninep.attach();
  });

  const refusal = (errno: string) => expect.objectContaining({ errno }) as Error;

  it('is read and written, and what the node writes is seen', async () => {
    const file = await ninep.create(root, 'new', { mode: 0o640 });
    const bytes = patternBytes(300_000, 1);
    for (let at = 0; at < bytes.length; at += 100_000) {
      expect(await ninep.write(file, at, bytes.subarray(at, at + 100_000))).toBe(100_000);
    }
    expect(await guest.sh(`stat -c '%a %s %U' ${shared}/new`)).toBe('640 300000 root');
    const part = await ninep.read(file, 250_000, 1_000_000);
    expect(Buffer.compare(part, bytes.subarray(250_000))).toBe(0);
    await guest.sh(`echo from the node > ${shared}/new`);
    expect(await ninep.readText(file)).toBe('from the node\n');
    expect(await ninep.readText(await ninep.open(await ninep.walk(root, 'new')))).toBe(
      'from the node\n',
    );
  });

  it('gives no more of a file at once than a message holds', async () => {
    await guest.sh(`head -c 200000 /dev/zero > ${shared}/f`);
    const file = await ninep.open(await ninep.walk(root, 'f'));
    expect(await ninep.read(file, 0, 0xffffffff)).toHaveLength(131072 - 11);
    expect(await ninep.version(8192)).toEqual([8192, '9P2000.L']);
  });
});
