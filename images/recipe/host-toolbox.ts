import os from 'node:os';
import { SandglassError } from '#base/errors.ts';
import { runCommand, type CommandOptions, type CommandResult } from './command.ts';
import type { Progress } from './progress.ts';
import type { Toolbox } from './toolbox.ts';

/** apt must not ask anyone anything. */
const quietApt = { DEBIAN_FRONTEND: 'noninteractive' };

type Run = (
  command: string,
  args: readonly string[],
  options?: CommandOptions,
) => Promise<CommandResult>;

/** Which of these Debian packages are not installed where `run` runs commands. */
export async function missingPackages(
  run: Run,
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (packages.length === 0) return [];
  const { output } = await run(
    'dpkg-query',
    ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages],
    { allowedCodes: [1], ...(signal && { signal }) },
  );
  const installed = new Set(output.toString().split('\n'));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

/** Installs packages as root, having said so. */
export async function installPackages(
  run: Run,
  packages: readonly string[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  progress.say(`  Installing build tools with apt-get: ${packages.join(', ')}`);
  const options = {
    env: quietApt,
    onLine: (line: string) => {
      progress.at(line);
    },
    ...(signal && { signal }),
  };
  const install = ['-q', '-y', '--no-install-recommends', 'install', ...packages];
  try {
    await run('apt-get', install, options);
  } catch (error) {
    // Lists that are old or missing: fetch them once. Other publishers' sources may fail meanwhile.
    if (!(error instanceof SandglassError) || error.code !== 'internal') throw error;
    await run('apt-get', ['-q', 'update'], { ...options, allowedCodes: [100] });
    await run('apt-get', install, options);
  }
}

/** Commands on this machine, which is Debian 12. */
export class HostToolbox implements Toolbox {
  readonly processors = os.availableParallelism();
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand(command, args, options);
  }

  async ensure(packages: readonly string[], signal?: AbortSignal): Promise<void> {
    const missing = await missingPackages(runCommand, packages, signal);
    if (missing.length === 0) return;
    if (process.getuid?.() !== 0) {
      throw new SandglassError(
        'failed-precondition',
        `These Debian packages are needed: ${missing.join(', ')}. Install them ` +
          '(apt-get install as root), or install docker or podman and run this again.',
      );
    }
    await installPackages(runCommand, missing, this.#progress, signal);
  }

  scratch(folder: string): Promise<string> {
    return Promise.resolve(folder);
  }

  async close(): Promise<void> {
    // nothing was started
  }
}
