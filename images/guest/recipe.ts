import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fetchGroup, packageGroup } from '../packages/group.ts';
import { readPackage } from '../packages/unpack.ts';
import { listFiles, sha256OfSources } from '../recipe/digest.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { sha256OfModule } from '../sources.ts';

/**
 * musl, because a static program of it is a tenth of glibc's; the kernel's headers it does not bring.
 * Of protobuf-c a header and a library that asks nothing of the libc that musl has not.
 */
const packages = packageGroup('guest', ['musl-dev', 'linux-libc-dev', 'libprotobuf-c-dev']);

const compiler = 'i686-linux-gnu-gcc';
/** What protoc-gen-c makes has no folder of ours, so its includes start from here. */
const protoRoot = path.resolve(import.meta.dirname, '../../proto');

/** v86 is of Pentium III class. Warnings are errors: nobody reads a build's output twice. */
const flags = [
  ...['-std=c17', '-D_GNU_SOURCE', '-march=i686', '-mtune=generic', '-Os'],
  ...['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes'],
  ...['-fno-pie', '-fno-asynchronous-unwind-tables', '-fno-stack-protector'],
  ...['-ffunction-sections', '-fdata-sections'],
];

/**
 * Static programs for the guest's kind of machine: each folder below `sources`, of all its `*.c`, and
 * each `*.c` in it with a `main`; its other `*.c` are linked into all of them, as far as they are used,
 * and so is what protobuf-c makes of the folder `protos` in proto/, to be included by `FOLDER/NAME.pb-c.h`.
 */
export function programsStep(
  name: string,
  title: string,
  sources: string,
  protos?: string,
): Step & { readonly packages: typeof packages } {
  return {
    name,
    title,
    packages,
    needs: [packages],
    tools: [
      ...['binutils-i686-linux-gnu', 'gcc-i686-linux-gnu'],
      ...(protos === undefined ? [] : ['protobuf-c-compiler', 'protobuf-compiler']),
    ],
    resumable: false,
    inputs: async () => ({
      sources: await sha256OfSources(sources),
      recipe: await sha256OfModule(import.meta.filename),
      ...(protos !== undefined && { protos: await sha256OfSources(path.join(protoRoot, protos)) }),
    }),
    run: (workshop) => compileAll(workshop, sources, protos),
  };
}

/** The guest's own programs. */
export const guestPrograms = programsStep(
  'guest-programs',
  'Guest programs',
  import.meta.dirname,
  'runtimes/kata',
);

async function compileAll(workshop: Workshop, sources: string, protos?: string): Promise<void> {
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
  const messages = path.join(workshop.work, 'messages');
  const generated = protos === undefined ? [] : await generateMessages(workshop, protos, messages);
  const include = [
    '-nostdinc',
    '-isystem',
    messages,
    ...headers.flatMap((folder) => ['-isystem', folder]),
  ];
  const library = `${sysroot}/usr/lib/i386-linux-musl`;
  const libraryPaths = [`-L${library}`, `-L${sysroot}/usr/lib/i386-linux-gnu`];
  const names = await listFiles(sources);
  const libraries = new Set(
    names.filter((name) => path.basename(name) === 'exports.map').map((name) => path.dirname(name)),
  );
  const compile = async (name: string, folder = sources): Promise<string> => {
    const object = path.join(workshop.work, `${name.replaceAll('/', '--')}.o`);
    progress.at(`compiling ${name}`);
    const folders = ['-I', '.', '-I', path.dirname(name)];
    const placed = libraries.has(path.dirname(name)) ? ['-fPIC'] : [];
    await toolbox.run(
      compiler,
      [...flags, ...placed, ...include, ...folders, '-c', name, '-o', object],
      // A name that is a whole path would end up in the program, by assert(3).
      { ...options, cwd: folder },
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
  // An archive, of which the linker takes what a program asks for.
  const archive = path.join(workshop.work, 'libmessages.a');
  const messageObjects: string[] = [];
  for (const name of generated) messageObjects.push(await compile(name, messages));
  await toolbox.run('i686-linux-gnu-ar', ['rcsD', archive, ...messageObjects], options);
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
        ...[archive, ...libraryPaths, '-lprotobuf-c', '-lc', runtime, `${library}/crtn.o`],
      ],
      options,
    );
    const { size } = await stat(program);
    progress.say(`  ${name}: ${String(size)} bytes`);
  }
}

/** protobuf-c's C for the messages of a folder of proto/, and for those of Google's that they use. */
async function generateMessages(
  { progress, signal, toolbox }: Workshop,
  protos: string,
  target: string,
): Promise<string[]> {
  progress.at('generating the messages');
  await mkdir(target, { recursive: true });
  const names = (await listFiles(path.join(protoRoot, protos))).map((name) => `${protos}/${name}`);
  await toolbox.run(
    'protoc',
    [
      ...[`--c_out=${target}`, '-I', protoRoot, '-I', '/usr/include'],
      ...[...names, 'google/protobuf/empty.proto'],
    ],
    signal ? { signal } : {},
  );
  return (await listFiles(target)).filter((name) => name.endsWith('.c'));
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
