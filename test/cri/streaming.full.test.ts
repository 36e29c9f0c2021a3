import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { readAllText } from '#base/byte-stream.ts';
import { RemoteCommandClient } from '#kube/streaming/remotecommand/client.ts';
import { type CriNode, type Pod, runPod, startCri } from './cri.ts';
import { testSpecs } from './specs/spec.ts';
import { streaming } from './specs/streaming.ts';

let cri: CriNode;
let pod: Pod;
beforeAll(async () => {
  cri = await startCri();
  pod = await runPod(cri);
});
afterAll(() => {
  cri.node.stop();
});

const forever = 'while :; do sleep 100; done';
const bytes = (text: string) => new TextEncoder().encode(text);

function queue(text = ''): ByteQueue {
  const made = new ByteQueue({ capacity: 1 << 20 });
  if (text !== '') made.push(bytes(text));
  return made;
}

/** A stream's first so many characters. */
async function readUntil(source: ByteQueue, wanted: RegExp): Promise<string> {
  let text = '';
  while (!wanted.test(text)) {
    const chunk = await source.read();
    if (!chunk) throw new Error(`The stream ended after ${JSON.stringify(text)}.`);
    text += new TextDecoder().decode(chunk);
  }
  return text;
}

describe.each(['websocket', 'spdy'] as const)('over %s', (transport) => {
  testSpecs(streaming(transport), () => cri);

  const commands = () => new RemoteCommandClient(cri.upgrade, { transport });

  it('exec tells both streams and the exit code', async () => {
    const containerId = await pod.run(forever);
    const cmd = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
    const { url } = await cri.runtime.exec({ containerId, cmd, stdout: true, stderr: true });
    const [stdout, stderr] = [queue(), queue()];
    const result = await commands().run({ url: new URL(url), stdout, stderr });
    stdout.end();
    stderr.end();
    expect(result).toEqual({ code: 3 });
    expect([await readAllText(stdout), await readAllText(stderr)]).toEqual(['out\n', 'err\n']);
    // A URL is good for one connection.
    await expect(commands().run({ url: new URL(url), stdout })).rejects.toThrow();
  });

  it('exec with a terminal follows its size', async () => {
    const containerId = await pod.run(forever);
    const wanted = { tty: true, stdin: true, stdout: true };
    const { url } = await cri.runtime.exec({ containerId, cmd: ['sh'], ...wanted });
    const [stdin, stdout] = [
      queue(`until [ "$(stty size)" = "33 99" ]; do sleep 0.1; done; echo $TERM; exit 5\n`),
      queue(),
    ];
    const resizes = (async function* () {
      await Promise.resolve();
      yield { columns: 99, rows: 33 };
    })();
    const result = await commands().run({ url: new URL(url), tty: true, stdin, stdout, resizes });
    stdout.end();
    expect(result).toEqual({ code: 5 });
    expect(await readAllText(stdout)).toMatch(/\r\nxterm\r\n/);
  });

  it('attach leaves the log what it is', async () => {
    const containerId = await pod.create({ command: ['sh'], stdin: true, tty: false });
    await cri.runtime.startContainer({ containerId });
    const wanted = { stdin: true, stdout: true, stderr: true };
    const { url } = await cri.runtime.attach({ containerId, ...wanted });
    const [stdin, stdout, stderr] = [queue('echo hello; echo oops >&2\n'), queue(), queue()];
    const running = commands().run({ url: new URL(url), stdin, stdout, stderr });
    expect(await readUntil(stdout, /\n/)).toBe('hello\n');
    expect(await readUntil(stderr, /\n/)).toBe('oops\n');
    stdin.push(bytes('exit 0\n'));
    await expect(running).resolves.toEqual({ code: 0 });
    expect(await pod.log(containerId)).toEqual(['stdout F hello', 'stderr F oops']);
  });
});

it('carries 10 MiB through exec, every byte', async () => {
  const containerId = await pod.run(forever);
  const { pid } = JSON.parse(
    (await cri.runtime.containerStatus({ containerId, verbose: true })).info['info'] ?? '',
  ) as { pid: number };
  const sent = Uint8Array.from({ length: 10 << 20 }, (_, i) => (i * 31 + (i >> 9)) & 0xff);
  await cri.node.running.agent.files.at({ rootOf: pid }).write('/root/sent', sent);
  const { url } = await cri.runtime.exec({ containerId, cmd: ['cat', '/root/sent'], stdout: true });
  const chunks: Uint8Array[] = [];
  const stdout = {
    write: (chunk: Uint8Array) => Promise.resolve(void chunks.push(chunk.slice())),
    end: () => undefined,
  };
  const client = new RemoteCommandClient(cri.upgrade);
  expect(await client.run({ url: new URL(url), stdout })).toEqual({ code: 0 });
  expect(Buffer.compare(Buffer.concat(chunks), sent)).toBe(0);
});
