import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { RunningNode } from '#cluster/running-node.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import { type Benchmark, type Measurement, median } from './benchmark.ts';
import { stockPromptTime } from './stock-v86.ts';

const megabyte = 1e6;
/** Bytes through one stream per sample. */
const streamBytes = 16 * megabyte;
/** Bytes that the guest's writer hands over at once. */
const block = 64_000;

/** Rows measured on a node in this process, under Node.js. */
export function nodeBenchmarks(): Benchmark[] {
  return [
    {
      name: 'cold-boot',
      what: 'power-on to a shell prompt, cold boot (Node)',
      unit: 'ms',
      target: 4000,
      better: 'lower',
      measure: coldBoot,
    },
    {
      name: 'agent-rtt',
      what: 'agent round trip, p50 (Node)',
      unit: 'ms',
      target: 1,
      better: 'lower',
      measure: () => onNode(roundTrips),
    },
    {
      name: 'agent-exec',
      what: 'exec /bin/true through the agent, p50 (Node)',
      unit: 'ms',
      target: 30,
      better: 'lower',
      measure: () => onNode(execTrue),
    },
    {
      name: 'to-guest',
      what: 'host to guest through one stream (Node)',
      unit: 'MB/s',
      target: 8,
      better: 'higher',
      measure: () => onNode(toGuest),
    },
    {
      name: 'from-guest',
      what: 'guest to host through one stream (Node)',
      unit: 'MB/s',
      target: 4,
      better: 'higher',
      measure: () => onNode(fromGuest),
    },
  ];
}

async function onNode(measure: (node: RunningNode) => Promise<Measurement>): Promise<Measurement> {
  const node = nodeInProcess();
  try {
    await node.start('snapshot');
    return await measure(node.running);
  } finally {
    node.stop();
  }
}

async function coldBoot(): Promise<Measurement> {
  const samples: number[] = [];
  for (let i = 0; i < 5; i++) {
    const node = nodeInProcess();
    try {
      samples.push(await timeToPrompt(node));
    } finally {
      node.stop();
    }
  }
  return { value: median(samples), samples: samples.length, reference: await stockPromptTime() };
}

/** From the machine's first instruction, its images loaded, to the prompt of a login shell on a pty. */
async function timeToPrompt(node: LinuxNode): Promise<number> {
  let begin = 0;
  node.changes.listen((status) => {
    if (status.kind === 'starting') begin = performance.now();
  });
  await node.start('cold-boot');
  const shell = await node.running.agent.spawn({
    argv: ['/bin/bash', '--login'],
    terminal: { columns: 80, rows: 24 },
  });
  await readUntil(shell.stdout, '# ');
  return performance.now() - begin;
}

async function readUntil(source: ByteSource, text: string): Promise<void> {
  const decoder = new TextDecoder();
  let seen = '';
  while (!seen.includes(text)) {
    const chunk = await source.read();
    if (!chunk) throw new SandglassError('aborted', `The shell ended before its prompt: ${seen}`);
    seen += decoder.decode(chunk, { stream: true });
  }
}

async function roundTrips({ agent }: RunningNode): Promise<Measurement> {
  const samples: number[] = [];
  for (let i = 0; i < 200; i++) await agent.ping();
  for (let i = 0; i < 1000; i++) samples.push(await agent.ping());
  return { value: median(samples), samples: samples.length };
}

async function execTrue({ agent }: RunningNode): Promise<Measurement> {
  const samples: number[] = [];
  const exec = async () => {
    const { exit } = await agent.run({ argv: ['/bin/true'] });
    if (exit.code !== 0) throw new SandglassError('internal', '/bin/true did not end with 0.');
  };
  for (let i = 0; i < 20; i++) await exec();
  for (let i = 0; i < 100; i++) {
    const begin = performance.now();
    await exec();
    samples.push(performance.now() - begin);
  }
  return { value: median(samples), samples: samples.length };
}

async function toGuest({ agent }: RunningNode): Promise<Measurement> {
  const chunk = new Uint8Array(256 << 10);
  return rates(async () => {
    const sink = await agent.spawn({ argv: ['/bin/sh', '-c', 'exec cat >/dev/null'], stdin: true });
    for (let sent = 0; sent < streamBytes; sent += chunk.length) await sink.stdin?.write(chunk);
    sink.stdin?.end();
    await sink.exited;
  });
}

async function fromGuest({ agent }: RunningNode): Promise<Measurement> {
  return rates(async () => {
    const source = await agent.spawn({
      // Not busybox's `head -c`, which moves single bytes and would be what is measured.
      argv: ['/bin/dd', 'if=/dev/zero', `bs=${block}`, `count=${streamBytes / block}`],
    });
    let received = 0;
    for (let chunk = await source.stdout.read(); chunk; chunk = await source.stdout.read()) {
      received += chunk.length;
    }
    if (received !== streamBytes) {
      throw new SandglassError('data-loss', `${received} of ${streamBytes} bytes arrived.`);
    }
  });
}

/** The median rate of five transfers in MB/s, start and end of the process included, after one to warm up. */
async function rates(transfer: () => Promise<void>): Promise<Measurement> {
  const samples: number[] = [];
  await transfer();
  for (let i = 0; i < 5; i++) {
    const begin = performance.now();
    await transfer();
    samples.push(streamBytes / megabyte / ((performance.now() - begin) / 1000));
  }
  return { value: median(samples), samples: samples.length };
}
