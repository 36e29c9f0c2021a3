import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import { fetchGroup, packageGroup } from '../packages/group.ts';
import { exists } from '../recipe/cache.ts';
import type { CommandOptions } from '../recipe/command.ts';
import { sha256 } from '../recipe/digest.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';

const sourcePackage = 'linux-source-6.1';

const packages = packageGroup('kernel', [sourcePackage]);

/** What kbuild writes into the image instead of who built it, where and when. */
const identity = {
  KBUILD_BUILD_USER: 'sandglass',
  KBUILD_BUILD_HOST: 'sandglass',
};

export interface KernelKind {
  /** The step's name in the cache. */
  readonly name: string;
  readonly title: string;
  /** Path of the configuration: what it does not name is off. */
  readonly fragment: string;
  /** How many files there are to compile, about. */
  readonly files: number;
  /**
   * Names the way of building. A change here that is to make another kernel of the same
   * configuration takes a new one; any other need not cost every builder ten minutes.
   */
  readonly revision: string;
}

/** A Linux kernel for v86: `bzimage`, its full `config`, and `release`. */
export function kernelStep(kind: KernelKind): Step & { readonly packages: typeof packages } {
  return {
    name: kind.name,
    title: kind.title,
    packages,
    needs: [packages],
    tools: [
      'bc',
      'binutils-i686-linux-gnu',
      'bison',
      'flex',
      'gcc',
      'gcc-i686-linux-gnu',
      'libc6-dev',
      'lz4',
      'make',
      'xz-utils',
    ],
    // A build of minutes goes on where it was interrupted: make(1) sees what is done.
    resumable: true,
    inputs: async () => ({
      config: sha256(await readFile(kind.fragment)),
      recipe: kind.revision,
    }),
    run: (workshop) => buildKernel(workshop, kind),
  };
}

async function buildKernel(workshop: Workshop, kind: KernelKind): Promise<void> {
  const { fragment } = kind;
  const { output, progress, toolbox } = workshop;
  const work = await toolbox.scratch(workshop.work);
  const options: CommandOptions = workshop.signal ? { signal: workshop.signal } : {};
  const source = await unpack(workshop, work, options);
  const timestamp = await sourceDate(workshop, source, options);
  const build = `${work}/build`;
  const make = [
    ...['-C', source, `O=${build}`, 'ARCH=i386', 'CROSS_COMPILE=i686-linux-gnu-'],
    `KBUILD_BUILD_TIMESTAMP=${timestamp}`,
    ...Object.entries(identity).map(([name, value]) => `${name}=${value}`),
  ];
  const config = path.join(workshop.work, path.basename(fragment));
  await copyFile(fragment, config);
  progress.at('configuring the kernel');
  await toolbox.run('make', [...make, `KCONFIG_ALLCONFIG=${config}`, 'allnoconfig'], options);
  await toolbox.run('cp', [`${build}/.config`, path.join(output, 'config')], options);
  checkConfig(
    await readFile(fragment, 'utf8'),
    await readFile(path.join(output, 'config'), 'utf8'),
    path.basename(fragment),
  );
  let done = 0;
  await toolbox.run('make', [...make, `-j${String(toolbox.processors)}`, 'bzImage'], {
    ...options,
    onLine(line) {
      // kbuild's short form: "  CC      mm/slub.o"
      const [, verb, file] = /^ {2}([A-Z0-9]+) +(\S+)/.exec(line) ?? [];
      if (verb === undefined || file === undefined) return;
      done++;
      progress.at(`kernel: ${String(done)} of about ${String(kind.files)} files, ${file}`);
    },
  });
  await toolbox.run(
    'cp',
    [`${build}/arch/x86/boot/bzImage`, path.join(output, 'bzimage')],
    options,
  );
  const { output: release } = await toolbox.run('make', ['-s', ...make, 'kernelrelease'], options);
  await writeFile(path.join(output, 'release'), release.toString().trim());
}

async function unpack(workshop: Workshop, work: string, options: CommandOptions): Promise<string> {
  const { progress, toolbox } = workshop;
  const source = `${work}/${sourcePackage}`;
  const unpacked = path.join(workshop.work, 'unpacked');
  if (workshop.resumed && (await exists(unpacked))) return source;
  const packed = (await fetchGroup(workshop, packages)).get(sourcePackage) ?? '';
  progress.at("unpacking the kernel's source");
  // The package holds one tar.xz; neither it nor the package's other files are needed afterwards.
  const script =
    'set -e -o pipefail; rm -rf "$2" "$2.new"; mkdir -p "$2.new"; ' +
    'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$3.tar.xz" | ' +
    'tar -xJ -C "$2.new" --strip-components=1; mv "$2.new" "$2"';
  await toolbox.run('bash', ['-c', script, 'unpack', packed, source, sourcePackage], options);
  await writeFile(unpacked, '');
  return source;
}

/** The date of Debian's change, so that the same source gives the same image on any day. */
async function sourceDate(
  { toolbox }: Workshop,
  source: string,
  options: CommandOptions,
): Promise<string> {
  const { output } = await toolbox.run('stat', ['-c', '%Y', `${source}/Makefile`], options);
  return new Date(Number(output.toString()) * 1000).toUTCString();
}

/** Kconfig drops what it does not know or cannot have, silently; here that is an error. */
export function checkConfig(wanted: string, actual: string, fragment: string): void {
  const have = new Set(actual.split('\n'));
  const lost = wanted
    .split('\n')
    .filter((line) => /^CONFIG_\w+=/.test(line) && !have.has(line))
    .concat(
      [...wanted.matchAll(/^# (CONFIG_\w+) is not set$/gm)]
        .filter(([, name]) => actual.includes(`\n${String(name)}=`))
        .map(([line]) => line),
    );
  if (lost.length === 0) return;
  throw new SandglassError(
    'failed-precondition',
    `The kernel's configuration did not keep: ${lost.join(', ')}. ` + `Correct ${fragment}.`,
  );
}
