import { readFile } from 'node:fs/promises';
import { SandglassError } from '#base/errors.ts';
import { runCommand } from './command.ts';
import { ContainerToolbox } from './container-toolbox.ts';
import { HostToolbox, missingPackages } from './host-toolbox.ts';
import type { Progress } from './progress.ts';
import type { Toolbox } from './toolbox.ts';

export interface ToolboxNeeds {
  /** Everything that any step may want. */
  readonly packages: readonly string[];
  /** Folders that commands read and write. */
  readonly folders: readonly string[];
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** This machine where it is Debian 12 and has or may install the tools, else a container. */
export async function chooseToolbox(needs: ToolboxNeeds): Promise<Toolbox> {
  const { packages, folders, progress, signal } = needs;
  const debian = await isDebian12();
  if (debian) {
    const root = process.getuid?.() === 0;
    if (root || (await missingPackages(runCommand, packages, signal)).length === 0) {
      return new HostToolbox(progress);
    }
  }
  for (const engine of ['docker', 'podman']) {
    if (await works(engine, signal)) return new ContainerToolbox(engine, folders, progress);
  }
  const why = debian ? 'This user may not install packages' : 'This system is not Debian 12';
  throw new SandglassError(
    'failed-precondition',
    `${why}, so the images need docker or podman to build in a container, and neither runs here. ` +
      'Install one of them, or run this as root on Debian 12.',
  );
}

async function isDebian12(): Promise<boolean> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID=debian$/m.test(text) && /^VERSION_ID="12"$/m.test(text);
}

async function works(engine: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await runCommand(engine, ['info'], signal ? { signal } : {});
    return true;
  } catch (error) {
    if (error instanceof SandglassError && error.code === 'cancelled') throw error;
    return false;
  }
}
