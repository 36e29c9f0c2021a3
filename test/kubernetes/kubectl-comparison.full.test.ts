import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debianKubectl, kubectlVersion } from '../debian-kubectl.ts';
import { commandGroups } from './comparison/commands/all.ts';
import { missingCommands } from './comparison/deviations/missing-commands.ts';
import { ownAnswers } from './comparison/deviations/own-answers.ts';
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

  it.for(lines)('%s', async (line, { skip }) => {
    skip(!isSameVersion && !isStable, 'Debian’s kubectl is another version, and this has changed.');
    const { real, ours } = await twins.run(line);
    expect(ours).toEqual(real);
  });

  it('leaves the same objects behind', ({ skip }) => {
    skip(!isSameVersion && !isStable, 'Debian’s kubectl is another version, and this has changed.');
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

  it.each([...ownAnswers, ...missingCommands])('$line: $why', async ({ line, ours: expected }) => {
    const { real, ours } = await twins.run(line);
    const out = ours.out.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://SERVER');
    expect({ ...ours, out }).toEqual(expected);
    // What is no deviation any more belongs to the groups above.
    expect(ours).not.toEqual(real);
  });
});
