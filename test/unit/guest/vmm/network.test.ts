import { spawnSync } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { vmmFrame } from '#runtimes/kata/vmm-frames.ts';
import { useAgent } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { type Vmm, startVmm } from './vmm-test.ts';

const mac = Buffer.from('020000000002', 'hex');
/** Of the VM, and of the far end of the pod's veth. */
const [address, gateway] = ['10.9.0.2', '10.9.0.1'];

const setUp = `
  ip netns add pod
  ip link add far type veth peer name eth0 netns pod
  ip -n pod link set eth0 address 02:00:00:00:00:02 mtu 1400 up
  ip link set far up; ip addr add ${gateway}/24 dev far`;

/** Why there can be no pod's network here, if so. */
const cannotNetwork = cannotRunNatively ?? findMissing();

function findMissing(): string | undefined {
  const probe = `
    mount -t tmpfs tmpfs /run; ${setUp}
    ip -n pod link add dummy type ifb || ip -n pod link add dummy type dummy
    [ -e /dev/net/tun ]
    tc -n pod qdisc add dev eth0 ingress
    tc -n pod filter add dev eth0 parent ffff: protocol all u32 match u8 0 0 \\
      action mirred egress redirect dev dummy`;
  const { status, stderr } = spawnSync('unshare', ['--mount', '--net', 'sh', '-ec', probe]);
  return status === 0 ? undefined : `no veth, tap or mirred here (${stderr.toString().trim()})`;
}

/** What the VM answers to ARP, and to UDP datagrams as an echo service does, if they are for it. */
function answer(frame: Uint8Array): Buffer | undefined {
  const reply = Buffer.from(frame);
  const type = reply.readUInt16BE(12);
  reply.copy(reply, 0, 6, 12);
  mac.copy(reply, 6);
  if (type === 0x0806 && reply.subarray(38, 42).join('.') === address) {
    const sender = Buffer.from(reply.subarray(22, 32));
    reply.writeUInt16BE(2, 20);
    mac.copy(reply, 22);
    Buffer.from(address.split('.').map(Number)).copy(reply, 28);
    sender.copy(reply, 32);
    return reply;
  }
  if (type !== 0x0800 || reply[23] !== 17) return undefined;
  // Addresses and ports change places, which changes no checksum.
  swap(reply, 26, 4);
  swap(reply, 34, 2);
  return reply;
}

function swap(bytes: Buffer, at: number, length: number): void {
  const first = Buffer.from(bytes.subarray(at, at + length));
  bytes.copy(bytes, at, at + length, at + 2 * length);
  first.copy(bytes, at + length);
}

describe.skipIf(cannotNetwork)('the network of a pod that is a machine', () => {
  const guest = useAgent({ unshare: ['--net'] });
  let vmm: Vmm;

  beforeEach(async () => {
    await guest.sh(setUp);
    vmm = await startVmm(guest, ['--netns', '/run/netns/pod', '--interface', 'eth0']);
  });

  /** The VM answers until the VMM is gone. */
  async function serve(): Promise<void> {
    for (;;) {
      const reply = answer(await vmm.next(vmmFrame.ethernet));
      if (reply) vmm.frames.send(vmmFrame.ethernet, reply);
    }
  }

  /** The first of the datagrams that come back of those sent to the VM. */
  function echo(send: string): Promise<string> {
    const receive = 'timeout 15 dd bs=2000 count=1 status=none <&3';
    const talk = `exec 3<>/dev/udp/${address}/7; ${send}; ${receive}`;
    return guest.sh(`bash -c '${talk.replaceAll("'", `'\\''`)}'`);
  }

  it('comes out of the pod’s interface, and goes in there', async () => {
    void serve();
    // As large as the pod's MTU allows.
    const digits = 1400 - 28 - 1;
    expect(await echo(`printf '%0${digits}d\\n' 5 >&3`)).toBe('5'.padStart(digits, '0'));
    expect(await guest.sh('ip neigh show dev far')).toContain('lladdr 02:00:00:00:00:02');
  });

  it('is a tap beside it, of the same MTU, and redirection both ways', async () => {
    expect(await guest.sh('ip -n pod -o link show tap0_kata')).toMatch(/<.*UP.*> mtu 1400 /);
    for (const [from, to] of [
      ['eth0', 'tap0_kata'],
      ['tap0_kata', 'eth0'],
    ] as const) {
      expect(await guest.sh(`tc -n pod qdisc show dev ${from}`)).toContain('qdisc ingress ffff:');
      const filter = await guest.sh(`tc -n pod filter show dev ${from} ingress`);
      expect(filter).toContain('filter parent ffff: protocol all');
      expect(filter).toContain('match 00000000/00000000 at 0');
      expect(filter).toContain(`mirred (Egress Redirect to device ${to}) stolen`);
    }
    expect(await guest.sh(`ip netns identify ${vmm.process.pid}`)).toBe('pod');
  });

  it('loses frames, and nothing else, while the tap is down or gone', async () => {
    const frame = Buffer.concat([Buffer.alloc(6, 0xff), mac, Buffer.from('0806', 'hex')]);
    await guest.sh('ip -n pod link set tap0_kata down');
    vmm.frames.send(vmmFrame.ethernet, Buffer.concat([frame, Buffer.alloc(46)]));
    vmm.frames.send(vmmFrame.ethernet, new Uint8Array(0));
    expect(await vmm.ninep.version(8192)).toEqual([8192, '9P2000.L']);
    await guest.sh('ip -n pod link set tap0_kata up');
    await guest.sh('ip -n pod link del tap0_kata');
    vmm.frames.send(vmmFrame.ethernet, Buffer.concat([frame, Buffer.alloc(46)]));
    expect(await vmm.ninep.version(8192)).toEqual([8192, '9P2000.L']);
  });

  it('takes a flood of frames each way', async () => {
    void serve();
    // What does not fit is lost, as on a wire.
    await echo("for i in $(seq 3000); do printf '%01000d\\n' $i; done >&3");
    expect(await echo('echo still there >&3')).toBe('still there');
  });

  it('goes with the VMM', async () => {
    vmm.process.signal('SIGKILL');
    await vmm.process.exited;
    expect(await guest.sh('ip -n pod -o link show | grep -c tap || true')).toBe('0');
  });
});

describe.skipIf(cannotNetwork)('a network that cannot be had', () => {
  const guest = useAgent({ unshare: ['--net'] });

  it.each([
    ['/run/netns/none', 'eth0', "enter the pod's network namespace: No such file or directory"],
    ['/run/netns/pod', 'eth7', "give the tap the MTU of the pod's interface: No such device"],
  ])('is a sentence: %s, %s', async (netns, name, sentence) => {
    await guest.sh(`${setUp}; mkdir /run/shared`);
    const paths = ['--shared', '/run/shared', '--vsock', '/run/kata.hvsock'];
    const { exit, stderr } = await guest.agent.run({
      argv: ['kata-vmm', ...paths, '--netns', netns, '--interface', name],
    });
    expect(new TextDecoder().decode(stderr)).toBe(`sandglass-vmm: cannot ${sentence}\n`);
    expect(exit).toEqual({ code: 1 });
    expect(await guest.sh('ls /run')).not.toContain('hvsock');
  });
});
