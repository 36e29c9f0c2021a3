import path from 'node:path';
import { parseArgs } from 'node:util';
import { SandglassError } from '#base/errors.ts';
import { noticeText, publish } from './manifest.ts';
import { pruneStore } from './packages/group.ts';
import { withoutSecurity } from './packages/suites.ts';
import { Cache, cacheFolder } from './recipe/cache.ts';
import { chooseToolbox } from './recipe/choose-toolbox.ts';
import { plainFailure } from './recipe/failure.ts';
import { lazyToolbox } from './recipe/lazy-toolbox.ts';
import { lockCache } from './recipe/lock.ts';
import { megabytes, terminalProgress } from './recipe/progress.ts';
import { Recipe } from './recipe/recipe.ts';
import { allPackages, buildAll, steps } from './steps.ts';
import { stockKernel } from './stock-kernel.ts';

const usage = `npm run images [-- OPTION... STEP...]

Builds the guest's images into public/guest. With STEPs, builds those alone and says where they are.
  --refresh  choose the newest versions of all Debian packages again
  --notice   print what NOTICE says of the packages
Steps: ${steps.map((step) => step.name).join(', ')}; for the benchmarks: ${stockKernel.name}
SANDGLASS_CACHE names the folder for results and downloads (otherwise ~/.cache/sandglass).`;

const repository = path.resolve(import.meta.dirname, '..');
const target = path.join(repository, 'public/guest');

async function main(signal: AbortSignal, folder: string): Promise<void> {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(usage);
    return;
  }
  const chosen = positionals.map((name) => {
    const step = [...steps, stockKernel].find((candidate) => candidate.name === name);
    if (step) return step;
    throw new SandglassError('invalid-argument', `There is no step ${name}.\n\n${usage}`);
  });
  const progress = terminalProgress();
  const unlock = await lockCache(folder, progress, signal);
  const cache = new Cache(folder);
  const toolbox = lazyToolbox(() =>
    chooseToolbox({
      packages: [...new Set(steps.flatMap((step) => step.tools))].sort(),
      folders: [repository, folder],
      progress,
      signal,
    }),
  );
  try {
    const refresh = values.refresh
      ? { refresh: (step: { name: string }) => step.name.startsWith('packages-') }
      : {};
    const recipe = new Recipe({ cache, toolbox, progress, signal, ...refresh });
    if (values.notice) console.log(noticeText(await allPackages(recipe)));
    else if (chosen.length > 0) {
      for (const step of chosen) console.log((await recipe.build(step)).output);
    } else {
      const publication = await buildAll(recipe);
      const changed = await publish(target, publication, signal);
      const bytes = [...publication.assets, ...publication.files].reduce((n, f) => n + f.bytes, 0);
      const where = path.relative(process.cwd(), target);
      progress.say(`${where}: ${megabytes(bytes)}, ${changed ? 'updated' : 'nothing changed'}`);
      const lack = withoutSecurity(publication.suites);
      if (lack !== undefined) progress.say(lack);
    }
    await pruneStore(folder);
  } finally {
    await toolbox.close();
    await unlock();
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        notice: { type: 'boolean' },
        refresh: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new SandglassError('invalid-argument', `${(error as Error).message}\n\n${usage}`);
  }
}

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interruption.abort(
      new SandglassError('cancelled', 'Stopped. Run the same command again to go on from here.'),
    );
  });
}
const folder = cacheFolder();
try {
  await main(interruption.signal, folder);
} catch (error) {
  const failure = interruption.signal.aborted
    ? (interruption.signal.reason as SandglassError)
    : plainFailure(error, folder);
  process.stderr.write(`\n${failure.message}\n`);
  // What nobody expected keeps its trace; the rest is meant for people.
  if (failure.code === 'unknown' || !(error instanceof SandglassError)) {
    if (process.env['SANDGLASS_DEBUG']) console.error(error);
  }
  process.exitCode = failure.code === 'cancelled' ? 130 : 1;
}
