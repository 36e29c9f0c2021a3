import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianKubectl, kubectlVersion } from '../debian-kubectl.ts';
import { commandGroups, deviations } from './comparison/commands.ts';
import { Twins } from './comparison/twins.ts';

/** Ours is kubectl 1.36. Of another, only what has stayed the same for years can be asked of ours too. */
const wanted = '1.36';

let program: string;
let isSameVersion: boolean;

beforeAll(async () => {
  program = process.env['SANDGLASS_KUBECTL'] ?? (await debianKubectl('sid'));
  const version = await kubectlVersion(program);
  isSameVersion = version.startsWith(`v${wanted}.`);
  if (!isSameVersion) {
    console.warn(
      `Debian's kubectl is ${version}: ours, which is ${wanted}, is compared with it in ${stable.join(' and ')} only.`,
    );
  }
});

const stable = commandGroups.filter(({ isStable }) => isStable).map(({ title }) => title);

describe.each(commandGroups)('kubectl: $title', ({ files, lines, isStable }) => {
  let twins: Twins;
  beforeAll(async () => {
    twins = await Twins.start(program, files);
  });
  afterAll(() => twins.close());

  it.each(lines)('%s', async (line) => {
    if (!isSameVersion && !isStable) return;
    const { real, ours } = await twins.run(line);
    expect(ours).toEqual(real);
  });

  it('leaves the same objects behind', () => {
    if (!isSameVersion && !isStable) return;
    const { real, ours } = twins.states();
    expect(ours).toBe(real);
  });
});

describe('kubectl: what ours does otherwise', () => {
  let twins: Twins;
  beforeAll(async () => {
    twins = await Twins.start(program, { 'pod.yaml': 'apiVersion: v1\nkind: Pod\n' });
  });
  afterAll(() => twins.close());

  it.each(deviations)('%s: %s', async (line) => {
    const { real, ours } = await twins.run(line);
    expect(ours).not.toEqual(real);
  });
});
