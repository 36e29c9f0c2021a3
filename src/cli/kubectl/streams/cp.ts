import { type ByteSink, type ByteSource } from '#base/byte-stream.ts';
import { ByteQueue } from '#base/byte-queue.ts';
import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { Pod } from '#kube/types.ts';
import { bool, int, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { completePods } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { getObject } from '#cli/kubectl/objects/request.ts';
import { resources } from '#kube/resources.ts';
import { baseName } from '#cli/text/io.ts';
import { packFiles } from './pack-files.ts';
import { checkExitCode } from './exec.ts';
import { chooseContainer } from './pod-containers.ts';
import { runRemote } from './remote-session.ts';
import { unpackFiles } from './unpack-files.ts';

const flags = {
  container: string('Container; the first, or the one that an annotation names, if left out.', {
    short: 'c',
  }),
  'no-preserve': bool('Do not keep owners and permissions in the container.'),
  retries: int('How often to resume copying from a container; not supported here.'),
};

export const cpCommand = kubectlCommand({
  name: 'cp',
  use: '<file-spec-src> <file-spec-dest>',
  short: 'Copy files and directories to and from containers',
  long: 'Copies files and directories to and from containers, by way of the tar that must be in the container.',
  examples: [
    ['Into a pod', 'kubectl cp /tmp/page.html web:/www/index.html'],
    ['Out of a pod', 'kubectl cp web:/var/log /tmp/log'],
    [
      'Out of a pod of another namespace',
      'kubectl cp other/web:/etc/hostname /tmp/hostname -c main',
    ],
  ],
  flags,
  complete: completePods,
  run: copy,
});

type CpCall = Call<KubectlContext, typeof flags>;

interface FileSpec {
  /** Empty for a file of the node. */
  pod: string;
  namespace: string;
  path: string;
}

async function copy(call: CpCall): Promise<void> {
  const { args } = call;
  if (args.length !== 2) throw failure('source and destination are required');
  const [from, to] = args.map(parseSpec);
  if (!from || !to) return;
  if (from.pod !== '' && to.pod !== '') {
    throw failure('one of src or dest must be a local file specification');
  }
  if (from.path === '' || to.path === '') throw failure('filepath can not be empty');
  if (from.pod !== '') await copyFromPod(call, from, to);
  else if (to.pod !== '') await copyToPod(call, from, to);
  else throw failure('one of src or dest must be a remote file specification');
}

function parseSpec(word: string): FileSpec {
  const wrong = () =>
    failure('filespec must match the canonical format: [[namespace/]pod:]file/path');
  const colon = word.indexOf(':');
  if (colon === 0) throw wrong();
  if (colon < 0) return { pod: '', namespace: '', path: word };
  const parts = word.slice(0, colon).split('/');
  if (parts.length > 2) throw wrong();
  const pod = parts.at(-1) ?? '';
  const namespace = parts.length === 2 ? (parts[0] ?? '') : '';
  return { pod, namespace, path: word.slice(colon + 1) };
}

interface Target {
  namespace: string;
  pod: string;
  container: string;
}

async function targetOf({ context, flags: given }: CpCall, spec: FileSpec): Promise<Target> {
  const namespace = spec.namespace || (await context.namespace()).name;
  const info = { resource: resources.pods, namespace, name: spec.pod };
  const pod = (await getObject(context, info)) as unknown as Pod;
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw failure(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
  const container = await chooseContainer(context, pod, given.container);
  return { namespace, pod: spec.pod, container: container.name };
}

interface Streams {
  stdin?: ByteSource;
  stdout: ByteSink;
  stderr: ByteSink;
}

function run(
  context: KubectlContext,
  target: Target,
  command: readonly string[],
  streams: Streams,
): Promise<number> {
  return runRemote(context, { subresource: 'exec', ...target, command, ...streams });
}

const nowhere: ByteSink = {
  write: () => Promise.resolve(),
  end: () => undefined,
};

/** Bytes under way between the container and the files. */
const capacity = 256 * 1024;

async function copyToPod(call: CpCall, from: FileSpec, to: FileSpec): Promise<void> {
  const { context, flags: given } = call;
  const { files, signal, stdout, stderr } = context.invocation;
  const source = from.path.replace(/(?<=.)\/+$/, '');
  try {
    await files.stat(source, signal);
  } catch {
    throw failure(`${from.path} doesn't exist in local filesystem`);
  }
  const target = await targetOf(call, to);
  const isDirectory = await run(context, target, ['test', '-d', to.path], {
    stdout: nowhere,
    stderr: nowhere,
  });
  const path = cleanPath(isDirectory === 0 ? `${to.path}/${baseName(source)}` : to.path);
  const preserve = given['no-preserve'] ? ['--no-same-permissions', '--no-same-owner'] : [];
  const directory = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.';
  const command = ['tar', ...preserve, '-xmf', '-', '-C', directory];
  const queue = new ByteQueue({ capacity });
  const ended = new AbortController();
  const packing = packFiles(
    { files, signal: AbortSignal.any([signal, ended.signal]) },
    source,
    path.slice(path.lastIndexOf('/') + 1),
    queue,
  ).then(
    () => queue.end(),
    (error: unknown) => {
      queue.fail(asSandglassError(error));
      if (!ended.signal.aborted) throw error;
    },
  );
  try {
    const code = await run(context, target, command, { stdin: queue, stdout, stderr });
    ended.abort();
    await packing;
    checkExitCode(code);
  } finally {
    ended.abort();
    packing.catch(() => undefined);
  }
}

async function copyFromPod(call: CpCall, from: FileSpec, to: FileSpec): Promise<void> {
  const { context, flags: given } = call;
  if (given.retries !== 0) throw failure('--retries is not supported by this kubectl');
  const target = await targetOf(call, from);
  const queue = new ByteQueue({ capacity });
  const { files, signal, stdout } = context.invocation;
  const running = run(context, target, ['tar', 'cf', '-', from.path], {
    stdout: queue,
    stderr: stdout,
  }).finally(() => queue.end());
  const unpacking = unpackFiles({ files, signal }, queue, {
    prefix: archivedPath(from.path),
    destination: to.path,
    onSkippedLink: (path, link) => {
      const hint = `kubectl exec -n ${quote(target.namespace)} ${quote(target.pod)} -- tar cf - ${quote(from.path)} | tar xf -`;
      return context.err.line(
        `warning: skipping symlink: ${quote(path)} -> ${quote(link)} (consider using ${quote(hint).replaceAll('\\"', '"')})`,
      );
    },
    warn: (text) => context.err.line(text),
  }).finally(() => queue.cancel());
  const [code] = await Promise.all([running, unpacking]);
  checkExitCode(code);
}

/** As the container's tar names what it was asked for. */
function archivedPath(path: string): string {
  return cleanPath(path)
    .split('/')
    .filter((part) => part !== '' && part !== '..' && part !== '.')
    .join('/');
}

function cleanPath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part === '..' && !isAbsolute) parts.push(part);
    else if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return `${isAbsolute ? '/' : ''}${parts.join('/')}`;
}
