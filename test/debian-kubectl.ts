import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import { Apt } from '../images/packages/apt.ts';
import { parseSuites } from '../images/packages/suites.ts';
import { cacheFolder } from '../images/recipe/cache.ts';
import { runCommand, type CommandOptions, type CommandResult } from '../images/recipe/command.ts';
import { HostToolbox } from '../images/recipe/host-toolbox.ts';
import { silentProgress } from '../images/recipe/progress.ts';

/** `stable` is what this Debian itself has, `sid` the newest that Debian has at all. */
export type KubectlSuite = 'stable' | 'sid';

/**
 * The path of Debian's kubectl. It is unpacked into this project's cache and not installed: this system may have
 * another kubectl, and keeps it.
 */
export async function debianKubectl(suite: KubectlSuite = 'stable'): Promise<string> {
  const tools = path.join(cacheFolder(), 'tools');
  const folder = path.join(tools, suite === 'stable' ? 'kubernetes-client' : `kubectl-${suite}`);
  const kubectl = path.join(folder, 'usr/bin/kubectl');
  if (existsSync(kubectl)) return kubectl;
  await mkdir(tools, { recursive: true });
  const work = await mkdtemp(path.join(tools, 'download-'));
  try {
    for (const archive of await download(suite, work)) {
      await runCommand('dpkg-deb', ['-x', archive, path.join(work, 'root')]);
    }
    await rename(path.join(work, 'root'), folder);
    return kubectl;
  } catch (cause) {
    const message = `Debian's package kubernetes-client cannot be had: ${(cause as Error).message}`;
    throw new SandglassError('failed-precondition', message, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Such as `v1.36.4`. */
export async function kubectlVersion(program: string): Promise<string> {
  const { output } = await runCommand(program, ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(output.toString()) as {
    clientVersion: { gitVersion: string };
  };
  return clientVersion.gitVersion;
}

async function download(suite: KubectlSuite, folder: string): Promise<string[]> {
  await (suite === 'stable' ? downloadHere(folder) : downloadFrom(suite, folder));
  const { output } = await runCommand('find', [folder, '-name', '*.deb']);
  return output.toString().trim().split('\n');
}

async function downloadHere(folder: string): Promise<void> {
  const apt = (...args: string[]) => runCommand('apt-get', args, { cwd: folder });
  // As root it drops its rights for the download, and warns of a folder where it then cannot write.
  const get = () => apt('-o', 'APT::Sandbox::User=root', 'download', 'kubernetes-client');
  await get().catch(async () => {
    await apt('update');
    await get();
  });
}

/** Runs apt's commands for another architecture than that of the guest. */
class ArchitectureToolbox extends HostToolbox {
  readonly #options: readonly string[];

  constructor(architecture: string) {
    super(silentProgress);
    this.#options = ['APT::Architecture', 'APT::Architectures'].map(
      (name) => `-o=${name}=${architecture}`,
    );
  }

  override run(
    command: string,
    args: readonly string[],
    options?: CommandOptions,
  ): Promise<CommandResult> {
    return super.run(command, [...this.#options, ...args], options);
  }
}

/** From a suite that this system does not follow, by a private apt, which checks Debian's signatures all the same. */
async function downloadFrom(suite: KubectlSuite, folder: string): Promise<void> {
  const text = (...args: string[]) =>
    runCommand(args[0] ?? '', args.slice(1)).then(({ output }) => output.toString().trim());
  const targets = await text(
    ...['apt-get', 'indextargets', '--format'],
    ...['$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)', 'Identifier: Packages'],
  );
  // This system's own mirror has the others too.
  const main = parseSuites(targets).find(({ name }) => !name.includes('-'));
  if (!main) throw new SandglassError('failed-precondition', 'This system has no Debian mirror.');
  const source = main.source.replace(/ \S+ main$/, ` ${suite} main`);
  const architecture = await text('dpkg', '--print-architecture');
  const apt = new Apt(folder, new ArchitectureToolbox(architecture), silentProgress);
  await apt.update([{ name: suite, source }]);
  // Newer Debians have the program in a package of its own.
  await apt.run(['apt-get', '-q', '-o=Acquire::Retries=3', 'download', 'kubectl'], { cwd: folder });
}
