import { describe, expect, it } from 'vitest';
import { readUntil } from '../unit/guest/agent-test.ts';
import { shell, useNode } from './node.ts';

const node = useNode();

const sh = (command: string) => shell(node.running, command);

describe('the tools that show what a process is', () => {
  it('strace sees a program start and end', async () => {
    const trace = await sh('strace -e trace=execve,exit_group true');
    expect(trace.split('\n')).toEqual([
      expect.stringMatching(/^execve\("\/usr\/bin\/true", \["true"\], 0x[0-9a-f]+ .*\) = 0$/),
      expect.stringMatching(/^exit_group\(0\) += \?$/),
      '+++ exited with 0 +++',
      '',
    ]);
  });

  it('lsns shows a new network namespace, and nsenter goes into it', async () => {
    const ours = await sh('readlink /proc/self/ns/net');
    const sleeper = await node.running.agent.spawn({
      argv: ['unshare', '-n', 'sh', '-c', 'readlink /proc/self/ns/net; exec sleep 1000'],
    });
    try {
      const theirs = await readUntil(sleeper.stdout, '\n');
      expect(theirs).not.toBe(ours);
      const [, number] = /^net:\[(\d+)\]$/m.exec(theirs) ?? [];
      const listed = await sh('lsns -n -t net -o NS,PID,COMMAND');
      expect(listed).toMatch(new RegExp(`^${number} +${sleeper.pid} sleep 1000$`, 'm'));
      const inside = await sh(
        `nsenter -t ${sleeper.pid} -n sh -c 'readlink /proc/self/ns/net; ip -o link'`,
      );
      // a network namespace begins with a loopback device that is down, and nothing else
      expect(inside).toMatch(new RegExp(`^net:\\[${number}\\]\\n1: lo: <LOOPBACK> .*\\n$`));
    } finally {
      sleeper.kill();
    }
  });

  it('curl fetches what httpd serves, and what it does not have is a 404', async () => {
    await sh(
      'mkdir -p /tmp/www && echo served > /tmp/www/page && busybox httpd -p 8100 -h /tmp/www',
    );
    const report = "-s -o /tmp/got -w '%{http_code} %{size_download}'";
    expect(await sh(`curl ${report} http://127.0.0.1:8100/page; cat /tmp/got`)).toBe(
      '200 7served\n',
    );
    expect(await sh(`curl ${report} http://127.0.0.1:8100/none`)).toMatch(/^404 /);
  });
});
