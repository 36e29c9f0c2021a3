import { createHash } from 'node:crypto';
import os from 'node:os';
import { runCommand, type CommandOptions, type CommandResult } from './command.ts';
import { installPackages, missingPackages } from './host-toolbox.ts';
import type { Progress } from './progress.ts';
import type { Toolbox } from './toolbox.ts';

const image = 'debian:12';
/** The container's own disk for scratch files; it survives an interrupted build, for the resume. */
const scratchVolume = 'sandglass-scratch';
const scratchFolder = '/var/lib/sandglass';

/**
 * Commands in a container of Debian 12, for other systems and for users who may not install
 * anything. The recipe itself stays outside: checkout and cache are mounted where they are, so a
 * path means the same on both sides.
 */
export class ContainerToolbox implements Toolbox {
  readonly processors = os.availableParallelism();
  readonly #engine: string;
  readonly #folders: readonly string[];
  readonly #progress: Progress;
  #container: Promise<string> | undefined;

  /** `engine` is docker or podman. */
  constructor(engine: string, folders: readonly string[], progress: Progress) {
    this.#engine = engine;
    this.#folders = folders;
    this.#progress = progress;
  }

  async run(
    command: string,
    args: readonly string[],
    options: CommandOptions = {},
  ): Promise<CommandResult> {
    return this.#exec(await this.#start(options.signal), command, args, options);
  }

  #exec(
    container: string,
    command: string,
    args: readonly string[],
    { cwd, env, ...rest }: CommandOptions = {},
  ): Promise<CommandResult> {
    // Files belong to whoever started the build; only apt's own work needs root.
    const asRoot = command === 'apt-get' && env?.['APT_CONFIG'] === undefined;
    const user =
      process.getuid && !asRoot
        ? `${String(process.getuid())}:${String(process.getgid?.())}`
        : '0:0';
    const settings = Object.entries({ LC_ALL: 'C', ...env }).map(
      ([name, value]) => `${name}=${value}`,
    );
    return runCommand(
      this.#engine,
      [
        ...['exec', '-i', '-u', user],
        ...(cwd === undefined ? [] : ['-w', cwd]),
        ...settings.flatMap((setting) => ['-e', setting]),
        ...[container, command, ...args],
      ],
      rest,
    );
  }

  async ensure(packages: readonly string[], signal?: AbortSignal): Promise<void> {
    const run = this.run.bind(this);
    const missing = await missingPackages(run, packages, signal);
    if (missing.length > 0) await installPackages(run, missing, this.#progress, signal);
  }

  async scratch(folder: string): Promise<string> {
    const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
    const inside = `${scratchFolder}/${name}`;
    await this.run('mkdir', ['-p', inside]);
    return inside;
  }

  /** Ends the container, and with it whatever still runs there. */
  async close(): Promise<void> {
    const container = await this.#container?.catch(() => undefined);
    if (container !== undefined) {
      await runCommand(this.#engine, ['rm', '-f', container], { allowedCodes: [1, 125] });
    }
  }

  #start(signal: AbortSignal | undefined): Promise<string> {
    this.#container ??= this.#create(signal);
    return this.#container;
  }

  async #create(signal: AbortSignal | undefined): Promise<string> {
    this.#progress.say(`  Building in a ${image} container (${this.#engine}).`);
    const mounts = this.#folders.flatMap((folder) => ['-v', `${folder}:${folder}`]);
    const { output } = await runCommand(
      this.#engine,
      [
        ...['run', '-d', '--rm', '--init', ...(await this.#userMapping(signal))],
        // Where SELinux rules, a container may not read what lies in somebody's home; relabelling it is not ours to do.
        ...['--security-opt', 'label=disable'],
        ...mounts,
        ...['-v', `${scratchVolume}:${scratchFolder}`],
        ...[image, 'sleep', 'infinity'],
      ],
      signal ? { signal } : {},
    );
    const container = output.toString().trim();
    // The image has no package lists, and the volume belongs to root at first.
    await this.#exec(container, 'apt-get', ['-q', 'update'], signal ? { signal } : {});
    await runCommand(this.#engine, [
      'exec',
      '-u',
      '0:0',
      container,
      'chmod',
      '1777',
      scratchFolder,
    ]);
    return container;
  }

  /**
   * Rootless podman would otherwise show our files as root's inside; to root it refuses keep-id
   * (podman-run(1), and until 4.5 in deed). It may also go by docker's name.
   */
  async #userMapping(signal: AbortSignal | undefined): Promise<string[]> {
    const { output } = await runCommand(this.#engine, ['--version'], signal ? { signal } : {});
    const rootless = /podman/i.test(output.toString()) && process.getuid?.() !== 0;
    return rootless ? ['--userns=keep-id'] : [];
  }
}
