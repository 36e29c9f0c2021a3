import { beforeAll, describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { readUntil, utf8 } from '../unit/guest/agent-test.ts';
import { shell, useNode } from './node.ts';

const node = useNode();

const sh = (command: string) => shell(node.running, command);

describe('the network tools', () => {
  beforeAll(async () => {
    await sh('mkdir -p /tmp/www && echo here > /tmp/www/page');
    await sh('busybox httpd -p 127.0.0.1:8201 -h /tmp/www');
  });

  it('tcpdump captures a ping and its answer', async () => {
    const tcpdump = await node.running.agent.spawn({
      argv: ['tcpdump', '-l', '-n', '-i', 'lo', '-c', '2', 'icmp'],
    });
    if (!tcpdump.stderr) throw new Error('no pipes');
    // printed after the capture has begun
    await readUntil(tcpdump.stderr, 'listening on lo');
    expect(await sh('ping -c 1 127.0.0.1')).toContain('1 packets received');
    const captured = await readAllText(tcpdump.stdout);
    const [, id] = /ICMP echo request, id (\d+), seq 0,/.exec(captured) ?? [];
    expect(captured).toMatch(
      new RegExp(`127.0.0.1 > 127.0.0.1: ICMP echo reply, id ${id}, seq 0, length 64\\n$`),
    );
    expect(await tcpdump.exited).toEqual({ code: 0 });
  });

  it.each([
    ['DNAT', '--to-destination 127.0.0.1:8201', 'to:127.0.0.1:8201'],
    ['REDIRECT', '--to-ports 8201', 'redir ports 8201'],
  ])('iptables translates an address and counts it (%s)', async (target, options, shown) => {
    const counters = async () => {
      const [, packets, bytes] =
        new RegExp(`^ *(\\d+) +(\\d+) ${target} .* tcp dpt:8200 ${shown}$`, 'm').exec(
          await sh('iptables -t nat -L OUTPUT -v -x -n'),
        ) ?? [];
      return [Number(packets), Number(bytes)];
    };
    const get = 'curl -s http://127.0.0.1:8200/page';
    try {
      expect(await sh(`${get}; echo $?`)).toBe('7\n');
      await sh(
        `iptables -t nat -A OUTPUT -d 127.0.0.1 -p tcp --dport 8200 -j ${target} ${options}`,
      );
      expect(await counters()).toEqual([0, 0]);
      expect(await sh(get)).toBe('here\n');
      // nat sees the first packet of a connection only: a SYN of 60 bytes
      expect(await counters()).toEqual([1, 60]);
    } finally {
      await sh('iptables -t nat -F OUTPUT');
    }
  });
});

describe("CNI's plugins", () => {
  const network = '"cniVersion":"1.0.0","name":"pods"';
  const plugin = (command: 'ADD' | 'DEL', type: string, settings: string) =>
    sh(
      `CNI_COMMAND=${command} CNI_CONTAINERID=one CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 ` +
        `CNI_PATH=/opt/cni/bin /opt/cni/bin/${type} <<< '{${network},"type":"${type}",${settings}}'`,
    );
  const bridge =
    '"bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,' +
    '"ipam":{"type":"host-local","ranges":[[{"subnet":"10.88.0.0/24"}]]}';
  const leases = () => sh('cd /var/lib/cni/networks/pods && ls | grep -c "^10\\." || true');
  const veths = () => sh('ip -o link show type veth | wc -l');

  it('bridge and host-local connect a pod, and take everything back', async () => {
    await sh('ip netns add pod');
    const result = JSON.parse(await plugin('ADD', 'bridge', bridge)) as {
      interfaces: { name: string }[];
      ips: { address: string; gateway: string }[];
    };
    expect(result.ips).toMatchObject([{ address: '10.88.0.2/24', gateway: '10.88.0.1' }]);
    expect(result.interfaces.map(({ name }) => name)).toEqual([
      'cni0',
      expect.stringMatching(/^veth/),
      'eth0',
    ]);
    expect(await sh('ip netns exec pod ip -o -4 addr show eth0')).toContain(' 10.88.0.2/24 ');
    expect(await sh('ping -c 1 10.88.0.2')).toContain('1 packets received');
    expect([await veths(), await leases()]).toEqual(['1\n', '1\n']);
    await plugin('DEL', 'bridge', bridge);
    expect([await veths(), await leases()]).toEqual(['0\n', '0\n']);
    expect(await sh('ip netns exec pod ip -o link')).toMatch(/^1: lo: .*\n$/);
  });

  it('portmap, bandwidth and tuning work on what bridge has made', async () => {
    const made = await plugin('ADD', 'bridge', bridge);
    const previous = `"prevResult":${made}`;
    const [{ address }] = (JSON.parse(made) as { ips: [{ address: string }] }).ips;
    const pod = address.replace('/24', '');
    const settings = {
      portmap:
        '"snat":true,"capabilities":{"portMappings":true},"runtimeConfig":{"portMappings":' +
        '[{"hostPort":8300,"containerPort":80,"protocol":"tcp"}]}',
      bandwidth:
        '"ingressRate":8000000,"ingressBurst":800000,"egressRate":4000000,"egressBurst":400000',
      tuning: '"sysctl":{"net.ipv4.ip_default_ttl":"33"}',
    };
    for (const [type, own] of Object.entries(settings)) {
      await plugin('ADD', type, `${own},${previous}`);
    }
    await sh('mkdir -p /tmp/pod && echo in the pod > /tmp/pod/page');
    await sh('ip netns exec pod busybox httpd -p 80 -h /tmp/pod');
    expect(await sh('curl -s http://10.88.0.1:8300/page')).toBe('in the pod\n');
    const shaped = await sh('tc qdisc show');
    expect(shaped).toMatch(/^qdisc tbf .* dev veth\w+ .* rate 8Mbit /m);
    expect(shaped).toMatch(/^qdisc tbf .* dev bwp\w+ .* rate 4Mbit /m);
    expect(await sh(`ping -c 1 ${pod}`)).toContain('ttl=33');
    for (const [type, own] of Object.entries(settings).reverse()) {
      await plugin('DEL', type, `${own},${previous}`);
    }
    await plugin('DEL', 'bridge', `${bridge},${previous}`);
    expect([await veths(), await leases()]).toEqual(['0\n', '0\n']);
    expect(await sh('iptables-save | grep -E "10\\.88\\.|8300" || true')).toBe('');
    expect(await sh('tc qdisc show | grep tbf || true')).toBe('');
  });
});

describe('container runtimes', () => {
  beforeAll(async () => {
    await sh(`
      mkdir -p /tmp/bundle/rootfs/bin && cd /tmp/bundle
      for file in /bin/busybox $(ldd /bin/busybox | grep -o '/lib[^ ]*'); do
        mkdir -p rootfs\${file%/*} && cp -L $file rootfs$file
      done
      ln -s busybox rootfs/bin/sh && mkdir rootfs/proc rootfs/dev rootfs/sys`);
  });

  it.each(['crun', 'runc'])(
    '%s runs a container of its own name, and tells its exit code',
    async (runtime) => {
      const inside = 'echo pid $$ on $(busybox hostname); busybox id -u; exit 7';
      const output = await sh(`
      cd /tmp/bundle && rm -f config.json && ${runtime} spec
      sed -i 's/"terminal": true/"terminal": false/' config.json
      sed -i 's/"sh"$/"sh", "-c", "${inside}"/' config.json
      ${runtime} run one; echo code $?; ${runtime} list -q`);
      // spec's host name is the runtime's; after its end nothing is left to list
      expect(output).toBe(`pid 1 on ${runtime}\n0\ncode 7\n`);
    },
  );
});

describe('programs of a full screen', () => {
  const onTerminal = (...argv: string[]) =>
    node.running.agent.spawn({
      argv,
      env: { TERM: 'xterm-256color' },
      extendEnv: true,
      terminal: { columns: 80, rows: 24 },
    });

  it('less shows a file page by page and quits', async () => {
    await sh('seq 100 > /tmp/numbers');
    const less = await onTerminal('less', '/tmp/numbers');
    const first = await readUntil(less.stdout, '/tmp/numbers');
    expect(first).toContain('\n23\r\n');
    expect(first).not.toContain('\n24\r\n');
    await less.stdin?.write(utf8('G'));
    expect(await readUntil(less.stdout, '(END)')).toContain('\n100\r\n');
    await less.stdin?.write(utf8('q'));
    await readAllText(less.stdout);
    expect(await less.exited).toEqual({ code: 0 });
  });

  it('nano writes what was typed and quits', async () => {
    const nano = await onTerminal('nano', '/tmp/note');
    await readUntil(nano.stdout, 'New File');
    await nano.stdin?.write(utf8('grün'));
    await readUntil(nano.stdout, 'grün');
    await nano.stdin?.write(utf8('\x0f'));
    await readUntil(nano.stdout, 'File Name to Write');
    await nano.stdin?.write(utf8('\r'));
    await readUntil(nano.stdout, 'Wrote 1 line');
    await nano.stdin?.write(utf8('\x18'));
    await readAllText(nano.stdout);
    expect(await nano.exited).toEqual({ code: 0 });
    expect(await sh('cat /tmp/note')).toBe('grün\n');
  });
});
