import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CriNode, startCri } from './cri.ts';
import { allSpecs } from './specs/all.ts';
import { testSpecs } from './specs/spec.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** What a machine of the pod's own cannot do, by the names of critest's specs. */
const beyondMachine: Readonly<Record<string, string>> = {
  'runtime should support HostPID': 'The node’s processes are another kernel’s.',
  'runtime should support HostIpc is true': 'So is its shared memory.',
  'runtime should support HostNetwork is true': 'The node’s network cannot be had: it is refused.',
  'runtime should support portforward in host network': 'The same.',
  'runtime should support Privileged is true': 'The spec makes a bridge, which its kernel has not.',
  'runtime should support Privileged is false': 'The same.',
  'runtime should support adding capability': 'The same.',
  "mount with 'rshared' should support propagation from host to container and vice versa":
    'A mount that is made on either side is one of that kernel alone.',
  "mount with 'rslave' should support propagation from host to container": 'The same.',
  'should support non-recursive readonly mounts':
    'In the machine a volume is one mount, whatever is mounted in it on the node.',
  'should support recursive readonly mounts': 'The same: the handler does not say that it can.',
};

let cri: CriNode;
beforeAll(async () => {
  cri = await startCri('kata-template');
});
afterAll(() => {
  cri.node.stop();
});

const withinMachine = allSpecs.map(({ name, specs }) => ({
  name,
  specs: Object.fromEntries(
    Object.entries(specs).filter(([title]) => !Object.hasOwn(beyondMachine, title)),
  ),
}));

testSpecs(withinMachine, () => cri);

describe('what a machine cannot do', () => {
  it('is named as critest names it', () => {
    const titles = allSpecs.flatMap(({ specs }) => Object.keys(specs));
    expect(titles).toEqual(expect.arrayContaining(Object.keys(beyondMachine)));
  });
});
