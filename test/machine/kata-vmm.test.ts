import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { NinepPort, splitNinep } from '#cluster/virtual-machines/ninep-port.ts';
import { vmmFrame } from '#runtimes/kata/vmm-frames.ts';
import type { AgentFixture } from '../unit/guest/agent-test.ts';
import { NativeAgent, cannotRunNatively } from '../unit/guest/native-agent.ts';
import { type Vmm, served, startVmm } from '../unit/guest/vmm/vmm-test.ts';
import { KataGuest, busyboxOf, kataImages } from './kata-guest.ts';

const containers = ['one', 'two'];
const applets =
  'sh cat ls rm mv ln mkdir mkfifo mknod chmod chown stat touch truncate wc seq sleep df';

/** Files that a machine's own kernel has of the VMM, which runs on this machine as it does on the node. */
describe.skipIf(cannotRunNatively)('a machine whose files are the VMM’s', () => {
  let native: NativeAgent;
  let sh: AgentFixture['sh'];
  let vmm: Vmm;
  let guest: KataGuest;

  beforeAll(async () => {
    native = await NativeAgent.start();
    const agent = await native.connect();
    sh = async (command) => {
      const { stdout, stderr, exit } = await agent.run({ argv: ['sh', '-c', command] });
      const said = new TextDecoder().decode(stderr);
      expect({ exit, said }).toEqual({ exit: { code: 0 }, said: '' });
      return new TextDecoder().decode(stdout).trimEnd();
    };
    const { initramfs = new Uint8Array() } = await kataImages();
    for (const name of containers) {
      const root = `${served}/${name}/rootfs`;
      await sh(`mkdir -p ${root}; mount -t tmpfs rootfs ${root}`);
      await sh(`cd ${root}; mkdir bin dev proc sys tmp work; chmod 1777 work`);
      await agent.files.write(`${root}/bin/busybox`, busyboxOf(initramfs), { mode: 0o755 });
      await sh(`cd ${root}/bin; for name in ${applets}; do ln -s busybox $name; done`);
    }
    vmm = await startVmm({ native, agent, sh });
    const { port1, port2 } = new MessageChannel();
    const ninep = new NinepPort(port1, systemClock);
    port2.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      for (const request of splitNinep(data)) vmm.frames.send(vmmFrame.ninep, request);
    };
    void (async () => {
      for (;;) port2.postMessage((await vmm.next(vmmFrame.ninep)).slice());
    })();
    guest = await KataGuest.boot({ ninep: (request, signal) => ninep.ask(request, signal) });
    await guest.createSandbox();
    for (const name of containers) {
      await guest.run(
        name,
        ['sleep', '100000'],
        {},
        {
          Root: { Path: `/run/kata-containers/shared/containers/${name}/rootfs`, Readonly: false },
        },
      );
    }
  });
  afterAll(async () => {
    guest.dispose();
    await native.kill();
    expect(native.errors).toBe('');
  });

  /** What a command says in the first container, in /work. */
  async function ask(command: string): Promise<string> {
    const { output, errors } = await guest.ask('one', `cd /work; ${command}`);
    return (output + errors).trimEnd();
  }
  const onNode = (command: string) => sh(`cd ${served}/one/rootfs/work; ${command}`);

  it('writes, renames, links and changes them, and the node sees it', async () => {
    expect(
      await ask(
        'seq 50000 > a; mv a b; ln b c; ln -s b d; wc -c < d; truncate -s 5 c; chmod 4711 b',
      ),
    ).toBe('288894');
    expect(await onNode(`cat b; stat -c '%a %h %F' b d`)).toBe(
      '1\n2\n34711 2 regular file\n777 1 symbolic link',
    );
    await onNode('echo from the node > b');
    expect(await ask('cat d; rm b c d; ls')).toBe('from the node');
  });

  it('keeps a file that is unlinked while it is open', async () => {
    expect(await ask('echo kept > f; exec 3< f; rm f; cat <&3')).toBe('kept');
  });

  it('has pipes of its own kernel, and no devices of the node', async () => {
    expect(await ask('mkfifo p; (echo through > p &); cat p; rm p')).toBe('through');
    expect(await ask('mknod n c 1 3')).toContain('Operation not permitted');
  });

  it('removes a directory with all that is in it', async () => {
    const count = 300;
    expect(
      await ask(`mkdir many; cd many; for i in $(seq ${count}); do : > $i; done; ls | wc -l`),
    ).toBe(`${count}`);
    expect(await ask('rm -r many; ls')).toBe('');
  });
});
