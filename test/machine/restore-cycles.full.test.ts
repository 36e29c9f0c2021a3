import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import type { Machine } from '#vm/machine.ts';
import { shell } from './node.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Every instance of WebAssembly that was made: the emulators, each with its memory, and the code that they compile. */
const instances: WeakRef<WebAssembly.Instance>[] = [];
const { instantiate } = WebAssembly;

beforeAll(() => {
  WebAssembly.instantiate = (async (...args: Parameters<typeof instantiate>) => {
    // Of a module it is the instance itself, of bytes it is both.
    const made: unknown = await instantiate(...args);
    const { instance } =
      made instanceof WebAssembly.Instance
        ? { instance: made }
        : (made as WebAssembly.WebAssemblyInstantiatedSource);
    instances.push(new WeakRef(instance));
    return made;
  }) as typeof instantiate;
});

afterAll(() => {
  WebAssembly.instantiate = instantiate;
});

/** Collects what is unreachable; references that were read in this turn live until the next. */
async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function memory(): Promise<NodeJS.MemoryUsage> {
  await collectGarbage();
  return process.memoryUsage();
}

const living = (references: readonly WeakRef<object>[]) =>
  references.filter((reference) => reference.deref() !== undefined).length;

/** From power-on to a command's output, and gone again. */
async function liveOnce(node: LinuxNode): Promise<Machine> {
  await node.start('snapshot');
  const { machine } = node;
  expect(await shell(node.running, 'echo here')).toBe('here\n');
  node.stop();
  return machine;
}

const cycles = 50;

it(
  'a node that is restored and disposed of again and again does not grow after the tenth time',
  { timeout: 600_000 },
  async () => {
    const node = nodeInProcess();
    const machines: WeakRef<Machine>[] = [];
    let tenth: NodeJS.MemoryUsage | undefined;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      machines.push(new WeakRef(await liveOnce(node)));
      if (cycle === 10) tenth = await memory();
    }
    const last = await memory();
    if (!tenth) throw new Error('There is a tenth cycle.');
    expect(instances.length).toBeGreaterThanOrEqual(cycles);
    expect(living(machines)).toBe(0);
    expect(living(instances)).toBe(0);
    // V8's own: compiled code, and what it learnt of types. Measured: 0.8 MiB, 0 and 0.
    expect(last.heapUsed - tenth.heapUsed).toBeLessThan(1.5 * 2 ** 20);
    expect(last.external - tenth.external).toBeLessThan(2 ** 18);
    expect(last.arrayBuffers - tenth.arrayBuffers).toBeLessThan(2 ** 16);
    // What the allocator keeps goes up and down by as much; forty leaked machines would be 2.8 GB.
    expect(last.rss - tenth.rss).toBeLessThan(96 * 2 ** 20);
  },
);

it('a machine that somebody still holds has let go of its memory when it is disposed of', async () => {
  const machine = await liveOnce(nodeInProcess());
  expect(machine.state).toBe('disposed');
  const left = async () => {
    await collectGarbage();
    return living(instances);
  };
  await expect.poll(left, { timeout: 30_000 }).toBe(0);
});
