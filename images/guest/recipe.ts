import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fetchGroup, packageGroup } from '../packages/group.ts';
import { readPackage } from '../packages/unpack.ts';
import { listFiles, sha256OfSources } from '../recipe/digest.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { sha256OfModule } from '../sources.ts';

/** musl, because a static program of it is a tenth of glibc's; the kernel's headers it does not bring. */
const packages = packageGroup('guest', ['musl-dev', 'linux-libc-dev']);

const compiler = 'i686-linux-gnu-gcc';

/** v86 is of Pentium III class. Warnings are errors: nobody reads a build's output twice. */
const flags = [
  ...['-std=c17', '-D_GNU_SOURCE', '-march=i686', '-mtune=generic', '-Os'],
  ...['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes'],
  ...['-fno-pie', '-fno-asynchronous-unwind-tables', '-fno-stack-protector'],
  ...['-ffunction-sections', '-fdata-sections'],
];

/**
 * Static programs for the guest's kind of machine: each folder below `sources`, of all its `*.c`, and
 * each `*.c` in it with a `main`; its other `*.c` are linked into all of them, as far as they are used.
 */
export function programsStep(
  name: string,
  title: string,
  sources: string,
): Step & { readonly packages: typeof packages } {
  return {
    name,
    title,
    packages,
    needs: [packages],
    tools: ['binutils-i686-linux-gnu', 'gcc-i686-linux-gnu'],
    resumable: false,
    inputs: async () => ({
      sources: await sha256OfSources(sources),
      recipe: await sha256OfModule(import.meta.filename),
    }),
    run: (workshop) => compileAll(workshop, sources),
  };
}

/** The guest's own programs. */
export const guestPrograms = programsStep('guest-programs', 'Guest programs', import.meta.dirname);

async function compileAll(workshop: Workshop, sources: string): Promise<void> {
  const { output, progress, toolbox } = workshop;
  const options = { cwd: sources, ...(workshop.signal && { signal: workshop.signal }) };
  const sysroot = path.join(workshop.work, 'sysroot');
  await layOutHeaders(workshop, sysroot);
  const ask = async (question: string) =>
    (await toolbox.run(compiler, [question], options)).output.toString().trim();
  const headers = [
    `${sysroot}/usr/include/i386-linux-musl`,
    await ask('-print-file-name=include'),
    `${sysroot}/usr/include/i386-linux-gnu`,
    `${sysroot}/usr/include`,
  ];
  const include = ['-nostdinc', ...headers.flatMap((folder) => ['-isystem', folder])];
  const library = `${sysroot}/usr/lib/i386-linux-musl`;
  const names = await listFiles(sources);
  const libraries = new Set(
    names.filter((name) => path.basename(name) === 'exports.map').map((name) => path.dirname(name)),
  );
  const compile = async (name: string): Promise<string> => {
    const object = path.join(workshop.work, `${name.replaceAll('/', '--')}.o`);
    progress.at(`compiling ${name}`);
    const folders = ['-I', '.', '-I', path.dirname(name)];
    const placed = libraries.has(path.dirname(name)) ? ['-fPIC'] : [];
    await toolbox.run(
      compiler,
      [...flags, ...placed, ...include, ...folders, '-c', name, '-o', object],
      options,
    );
    return object;
  };
  const programs = new Map<string, string[]>();
  const shared: string[] = [];
  for (const name of names) {
    if (!name.endsWith('.c')) continue;
    const [folder = '', file] = name.split('/');
    if (file !== undefined) {
      programs.set(folder, [...(programs.get(folder) ?? []), await compile(name)]);
    } else if (/^(int\s+)?main\s*\(/m.test(await readFile(path.join(sources, name), 'utf8'))) {
      programs.set(path.basename(name, '.c'), [await compile(name)]);
    } else {
      shared.push(await compile(name));
    }
  }
  const runtime = await ask('-print-libgcc-file-name');
  for (const [name, objects] of programs) {
    const program = path.join(output, name);
    if (libraries.has(name)) {
      await toolbox.run(compiler, sharedLibrary(name, objects, program), options);
      continue;
    }
    await toolbox.run(
      compiler,
      [
        ...['-static', '-no-pie', '-nostdlib', '-s', '-Wl,--gc-sections', '-Wl,--build-id=none'],
        ...['-o', program, `${library}/crt1.o`, `${library}/crti.o`, ...objects, ...shared],
        ...[`-L${library}`, '-lc', runtime, `${library}/crtn.o`],
      ],
      options,
    );
    const { size } = await stat(program);
    progress.say(`  ${name}: ${String(size)} bytes`);
  }
}

/** Of the folder `libx`: `libx.so.0`, with the versions that its exports.map gives. */
function sharedLibrary(name: string, objects: readonly string[], target: string): string[] {
  return [
    ...['-shared', '-nostdlib', '-s', '-Wl,--build-id=none', `-Wl,-soname,${name}.so.0`],
    ...[`-Wl,--version-script=${name}/exports.map`, '-o', target, ...objects],
  ];
}

async function layOutHeaders(workshop: Workshop, sysroot: string): Promise<void> {
  for (const file of (await fetchGroup(workshop, packages)).values()) {
    for (const entry of await readPackage(workshop, file)) {
      if (!/^usr\/(include|lib)\//.test(entry.path)) continue;
      const target = path.join(sysroot, entry.path);
      if (entry.type === 'directory') await mkdir(target, { recursive: true });
      if (entry.type !== 'file') continue;
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, entry.data);
    }
  }
}
