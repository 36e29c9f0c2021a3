import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CriNode, startCri } from './cri.ts';
import { allSpecs, leftOut, upstream } from './specs/all.ts';
import { testSpecs } from './specs/spec.ts';

/** The other specs of each group are in the full run's files. */
const oneOfEach = allSpecs.map(({ name, specs }) => ({
  name,
  specs: Object.fromEntries(Object.entries(specs).slice(0, 1)),
}));

describe('one spec of each of critest’s groups', () => {
  let cri: CriNode;
  beforeAll(async () => {
    cri = await startCri();
  });
  afterAll(() => {
    cri.node.stop();
  });

  testSpecs(oneOfEach, () => cri);

  it('and nothing of them is left on the node', async () => {
    const { containers } = await cri.runtime.listContainers({});
    const { items } = await cri.runtime.listPodSandbox({});
    expect([containers, items]).toEqual([[], []]);
    const left = `ls -A /run/netns /run/sandglass/tasks /run/crun | grep -E '[0-9a-f]{32}';
      grep -E 'overlay|/run/sandglass/sandboxes' /proc/mounts; ip -o link | grep veth;
      ls /sys/fs/cgroup/sandglass | grep -E '[0-9a-f]{64}'; pgrep sandglass-shim`;
    expect(await cri.shell(`${left} || true`)).toBe('');
  });
});

describe('the specs', () => {
  it('are all of critest’s, but those that are left out with their reason', () => {
    const names = allSpecs.flatMap(({ name, specs }) =>
      Object.keys(specs).map((title) => `${name} ${title}`),
    );
    const others = Object.values(leftOut).reduce((sum, { specs }) => sum + specs, 0);
    expect(new Set(names).size + others).toBe(upstream.specs);
    const conformance = names.filter((name) => name.includes('[Conformance]'));
    expect(conformance).toHaveLength(upstream.conformance);
  });
});
