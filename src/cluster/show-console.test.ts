import { expect, it } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { SandglassError } from '#base/errors.ts';
import type { Machine } from '#vm/machine.ts';
import { showConsole } from './show-console.ts';

it('the console of a restored machine says what it is and what it showed before the snapshot', async () => {
  const machine = {
    restoredFrom: { extra: { archive: {}, console: 'Linux version 6.1\r\n' } },
    console: {
      listen: () => () => undefined,
      scrollback: () => new TextEncoder().encode('eth0: up\r\n'),
    },
  } as unknown as Machine;
  const { near, far } = BytePort.pair();
  showConsole(machine, far);
  let text = '';
  while (!text.includes('eth0')) text += new TextDecoder().decode(await near.incoming.read());
  expect(text).toBe(
    '[The serial console: kernel messages appear here; there is no shell on it.]\r\n' +
      'Linux version 6.1\r\neth0: up\r\n',
  );
  near.fail(new SandglassError('cancelled', 'Done.'));
});
