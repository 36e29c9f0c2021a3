import { describe, expect, it } from 'vitest';
import { pipeBytes, readAllBytes, readAllText } from '#base/byte-stream.ts';
import { shell, useNode } from './node.ts';

const node = useNode();

function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 9) + seed) & 0xff);
}

describe('the node', () => {
  it('runs Debian programs that are in memory and that come over 9P', async () => {
    expect(await shell(node.running, 'uname -sm')).toBe('Linux i686\n');
    expect(await shell(node.running, 'runc --version')).toMatch(/^runc version 1\./);
    expect(await shell(node.running, 'readlink /usr/sbin/runc')).toBe('/archive/usr/sbin/runc\n');
  });

  it('has cgroup v2 with the controllers that a kubelet delegates', async () => {
    const controllers = (await shell(node.running, 'cat /sys/fs/cgroup/cgroup.subtree_control'))
      .trim()
      .split(' ');
    expect(controllers).toEqual(expect.arrayContaining(['cpu', 'cpuset', 'memory', 'pids']));
  });

  it('lets containers leave the root directory: pivot_root works in a new mount namespace', async () => {
    const script = [
      'mkdir -p /tmp/new/old && mount -t tmpfs none /tmp/new && mkdir /tmp/new/old',
      'pivot_root /tmp/new /tmp/new/old',
      'echo /*',
    ].join(' && ');
    expect(await shell(node.running, `unshare -m sh -c '${script}'`)).toBe('/old\n');
  });

  it('has a root that df and mount count, with every file as it was made', async () => {
    expect(await shell(node.running, 'df / | tail -1')).toMatch(/^tmpfs +\d+ +\d+ .* \/\n$/);
    expect(await shell(node.running, 'mount | head -1')).toMatch(/^tmpfs on \/ type tmpfs /);
    const status = 'stat -c "%A %U %Y %N" /etc/shadow /usr/bin/pager /var/tmp /root';
    const [shadow, ...others] = (await shell(node.running, status)).split('\n');
    expect(shadow).toMatch(/^-rw-r----- root \d+ \/etc\/shadow$/);
    const built = Number(shadow?.split(' ')[2]);
    expect(built).toBeLessThan(Number(await shell(node.running, 'stat -c %Y /run')));
    expect(others).toEqual([
      `lrwxrwxrwx root ${built} '/usr/bin/pager' -> 'less'`,
      `drwxrwxrwt root ${built} /var/tmp`,
      `drwx------ root ${built} /root`,
      '',
    ]);
    expect(await shell(node.running, 'readlink /proc/1/exe')).toBe('/usr/sbin/init\n');
  });

  it('runs a container with crun', async () => {
    const script = [
      'mkdir -p /tmp/bundle/rootfs/bin && cd /tmp/bundle',
      'cp $(readlink -f /bin/busybox) rootfs/bin/sh && mkdir -p rootfs/lib rootfs/usr',
      'cp -a /usr/lib rootfs/usr/ 2>/dev/null; cp -L /usr/lib/ld-linux.so.2 rootfs/lib/',
      'crun spec && sed -i \'s/"terminal": true/"terminal": false/; s/"sh"/"sh","-c","echo $$"/\' config.json',
      'crun run one',
    ].join('\n');
    expect(await shell(node.running, script)).toMatch(/^1\n$/m);
  });

  it('carries 64 streams of 1 MiB each way at once, every byte right', async () => {
    const { agent } = node.running;
    const results = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const sent = pattern(1 << 20, index);
        const cat = await agent.spawn({ argv: ['/bin/cat'], stdin: true });
        const [received] = await Promise.all([
          readAllBytes(cat.stdout),
          cat.stdin?.write(sent).then(() => cat.stdin?.end()),
        ]);
        cat.close();
        return Buffer.compare(received, sent) === 0;
      }),
    );
    expect(results).toEqual(Array.from({ length: 64 }, () => true));
  });

  it('offers a service in TypeScript to clients on the node, over TCP and a unix socket', async () => {
    const { agent } = node.running;
    const greet =
      (name: string) =>
      async (connection: {
        outgoing: { write: (bytes: Uint8Array) => Promise<void>; end: () => void };
      }) => {
        const body = `hello ${name}\n`;
        const head = `HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
        await connection.outgoing.write(new TextEncoder().encode(head + body));
        connection.outgoing.end();
      };
    const tcp = await agent.listen({ host: '127.0.0.1', port: 0 }, (c) => void greet('tcp')(c));
    const unix = await agent.listen({ unix: '/run/greet.sock' }, (c) => void greet('unix')(c));
    expect(await shell(node.running, `curl -s http://127.0.0.1:${tcp.port}/`)).toBe('hello tcp\n');
    expect(
      await shell(node.running, 'curl -s --unix-socket /run/greet.sock http://localhost/'),
    ).toBe('hello unix\n');
    tcp.close();
    unix.close();
  });

  it('connects to a service on the node, and half-closes', async () => {
    const { agent } = node.running;
    const echo = await agent.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      void pipeBytes(connection.incoming, connection.outgoing);
    });
    const connection = await agent.connect({ host: '127.0.0.1', port: echo.port });
    await connection.outgoing.write(new TextEncoder().encode('over and back'));
    connection.outgoing.end();
    expect(await readAllText(connection.incoming)).toBe('over and back');
    echo.close();
    await expect(agent.connect({ host: '127.0.0.1', port: echo.port })).rejects.toMatchObject({
      errno: 'ECONNREFUSED',
    });
  });

  it('serves kubectl and its kind from outside: arguments, directory, streams, exit code', async () => {
    const { agent } = node.running;
    const service = await agent.serveHostcalls(async (call) => {
      const input = await readAllText(call.stdin);
      const report = `${call.argv.join(' ')} in ${call.cwd}: ${input}`;
      await call.stdout.write(new TextEncoder().encode(report));
      return 7;
    });
    expect(await shell(node.running, 'cd /etc; echo in | kubectl get pods; echo code $?')).toBe(
      'kubectl get pods in /etc: in\ncode 7\n',
    );
    service.close();
  });

  it('reports what the kernel says of processes', async () => {
    const { agent } = node.running;
    const events = await agent.processEvents();
    const child = await agent.spawn({ argv: ['/bin/sh', '-c', 'exit 9'] });
    for (;;) {
      const batch = (await events.next()) ?? expect.fail('The events ended.');
      const exit = batch.find((event) => event.type === 'exit' && event.process === child.pid);
      if (!exit) continue;
      expect(exit).toMatchObject({ code: 9 });
      break;
    }
    events.close();
  });

  it('says in words what a missing file is', async () => {
    await expect(node.running.agent.files.read('/no/such')).rejects.toMatchObject({
      code: 'not-found',
      errno: 'ENOENT',
      message: expect.stringContaining('/no/such') as string,
    });
  });
});
