import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import type { CommandOptions, CommandResult } from '../recipe/command.ts';
import { failureInOutput } from '../recipe/failure.ts';
import type { Progress } from '../recipe/progress.ts';
import type { Toolbox } from '../recipe/toolbox.ts';
import type { Suite } from './suites.ts';

/** A package as the archive's signed index describes it. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Debian's source package, where its text and its licences are. */
  readonly source: string;
  readonly sourceVersion: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * A private state of apt(8) for the guest's architecture. It uses the machine's own keyrings and
 * proxy settings, but its own lists and an empty list of installed packages, so nothing of i386
 * is ever added to or installed on the build machine, and no root is needed.
 */
export class Apt {
  readonly #folder: string;
  readonly #toolbox: Toolbox;
  readonly #progress: Progress;
  #updated = false;

  constructor(cacheFolder: string, toolbox: Toolbox, progress: Progress) {
    this.#folder = path.join(cacheFolder, 'apt');
    this.#toolbox = toolbox;
    this.#progress = progress;
  }

  /** Fetches the indexes of these suites, once a build; all of them or it fails. */
  async update(suites: readonly Suite[], signal?: AbortSignal): Promise<void> {
    if (this.#updated) return;
    await this.#configure(suites);
    this.#progress.at('fetching the package indexes');
    const options = [
      // what apt of a desktop would fetch besides: icons, translations, file lists
      '-o=Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      '-o=Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
      '-o=Acquire::Retries=3',
      // without this apt-get(8) succeeds with whatever lists it had before
      '-o=APT::Update::Error-Mode=any',
    ];
    const result = await this.run(['apt-get', '-q', ...options, 'update'], {
      allowedCodes: [100],
      ...(signal && { signal }),
    });
    if (result.code !== 0) {
      throw this.#explainFailedUpdate(`${result.output.toString()}${result.errors}`);
    }
    this.#updated = true;
  }

  #explainFailedUpdate(said: string): SandglassError {
    const elsewhere = failureInOutput(said, this.#folder);
    if (elsewhere) return elsewhere;
    // An index that contradicts its signed release. To go on without its suite would be to miss its updates.
    const contradiction =
      /Failed to fetch \S*\/dists\/([^/\s]+)\/\S+\s+(?:File has unexpected size|Hash Sum mismatch)/;
    const suite = contradiction.exec(said)?.[1];
    if (suite !== undefined) {
      return new SandglassError(
        'unavailable',
        `The mirror's index of ${suite} does not match its signature, as while the mirror is being ` +
          'brought up to date. Run the same command again in some minutes.',
      );
    }
    const errors = said.split('\n').filter((line) => line.startsWith('E: '));
    return new SandglassError(
      'unavailable',
      `The package indexes cannot be fetched:\n${errors.join('\n')}`,
    );
  }

  /** The newest version of each package, in the order asked for. */
  async resolve(names: readonly string[], signal?: AbortSignal): Promise<PackageRecord[]> {
    const { output } = await this.run(['apt-cache', 'show', '--no-all-versions', ...names], {
      allowedCodes: [100],
      ...(signal && { signal }),
    });
    const records = new Map(parsePackages(output.toString()).map((r) => [r.name, r]));
    return names.map((name) => {
      const record = records.get(name);
      if (record) return record;
      throw new SandglassError(
        'not-found',
        `Debian 12's indexes for i386 have no package ${name}; they may be incomplete. ` +
          'Run the build again with --refresh.',
      );
    });
  }

  /** The names of the packages that the newest version of `name` depends on, first alternatives only. */
  async dependencies(name: string, signal?: AbortSignal): Promise<string[]> {
    const { output } = await this.run(['apt-cache', 'show', '--no-all-versions', name], {
      allowedCodes: [100],
      ...(signal && { signal }),
    });
    const [, list = ''] = /^Depends: (.*)$/m.exec(output.toString()) ?? [];
    return list.split(',').flatMap((item) => /^\s*([a-z0-9.+-]+)/.exec(item)?.[1] ?? []);
  }

  /** Runs one of apt's commands on the private state. */
  run([command = '', ...args]: readonly string[], options: CommandOptions): Promise<CommandResult> {
    return this.#toolbox.run(command, args, {
      ...options,
      env: { ...options.env, APT_CONFIG: path.join(this.#folder, 'apt.conf') },
    });
  }

  async #configure(suites: readonly Suite[]): Promise<void> {
    const at = (...names: string[]) => path.join(this.#folder, ...names);
    for (const folder of ['lists/partial', 'archives/partial', 'sources', 'preferences']) {
      await mkdir(at(folder), { recursive: true });
    }
    await writeFile(at('status'), '');
    const sources = suites.map(({ source }) => `${source}\n`);
    await writeFile(at('sources', 'debian.list'), sources.join(''));
    const settings = {
      'APT::Architecture': 'i386',
      'APT::Architectures': 'i386',
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      'Dir::State': this.#folder,
      'Dir::State::lists': at('lists'),
      'Dir::State::status': at('status'),
      'Dir::State::extended_states': at('extended_states'),
      'Dir::Cache': this.#folder,
      'Dir::Cache::archives': at('archives'),
      'Dir::Etc::sourcelist': '/dev/null',
      'Dir::Etc::sourceparts': at('sources'),
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': at('preferences'),
    };
    const text = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
    await writeFile(at('apt.conf.new'), text.join(''));
    await copyFile(at('apt.conf.new'), at('apt.conf'));
  }
}

/** Reads the stanzas of apt-cache(8) show; deb-control(5) has the fields. */
export function parsePackages(text: string): PackageRecord[] {
  return text
    .split(/\n\n+/)
    .filter((stanza) => stanza.trim() !== '')
    .map((stanza) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
      const name = field('Package');
      const version = field('Version');
      const sha256 = field('SHA256');
      if (name === undefined || version === undefined || sha256 === undefined) {
        throw new SandglassError('data-loss', `A package index entry is incomplete:\n${stanza}`);
      }
      // "Source: bash (5.2.15-2)": the version only where it differs, the field only where the name does
      const [, source = name, sourceVersion = version] =
        /^(\S+)(?: \((\S+)\))?/.exec(field('Source') ?? name) ?? [];
      return {
        name,
        version,
        architecture: field('Architecture') ?? 'i386',
        source,
        sourceVersion,
        bytes: Number(field('Size') ?? 0),
        sha256,
      };
    });
}
