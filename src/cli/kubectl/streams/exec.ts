import type { Pod } from '#kube/types.ts';
import { bool, duration, list, string } from '#cli/command/flags.ts';
import { ExitError, failure, throwFailures, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { completePods } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects } from '#cli/kubectl/objects/find-objects.ts';
import type { Terminal } from '#cli/ports.ts';
import { chooseContainer, containerNames, containersOf } from './pod-containers.ts';
import { runRemote } from './remote-session.ts';

const flags = {
  container: string('Container; the first, or the one that an annotation names, if left out.', {
    short: 'c',
  }),
  filename: list('File with the pod.', { short: 'f' }),
  'pod-running-timeout': duration('How long to wait for the pod to run.', { initial: 60_000 }),
  quiet: bool('Only what the process writes.', { short: 'q' }),
  stdin: bool('Give the process the standard input.', { short: 'i' }),
  tty: bool('Give the process a terminal.', { short: 't' }),
};

type ExecCall = Call<KubectlContext, typeof flags>;

export const execCommand = kubectlCommand({
  name: 'exec',
  use: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  short: 'Execute a command in a container',
  long: 'Runs a program in a container that is running.',
  examples: [
    ['A program of the pod', 'kubectl exec web -- date'],
    ['In one of several containers', 'kubectl exec web -c sidecar -- date'],
    ['A shell, on this terminal', 'kubectl exec -it web -- sh'],
  ],
  flags,
  complete: completePods,
  run: exec,
});

async function exec(call: ExecCall): Promise<void> {
  const { context, flags: given, args, dashAt, path } = call;
  const named = dashAt === 0 ? undefined : args[0];
  const command = dashAt >= 0 ? args.slice(dashAt) : [];
  const hasFile = given.filename.length > 0;
  if (dashAt < 0 && (args.length > 1 || (args.length > 0 && hasFile))) {
    throw usageError(
      path,
      'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
    );
  }
  if (given['pod-running-timeout'] <= 0) {
    throw usageError(path, '--pod-running-timeout must be higher than zero');
  }
  if (named === undefined && !hasFile) {
    throw failure('pod, type/name or --filename must be specified');
  }
  if (command.length === 0) {
    throw failure('you must specify at least one command for the container');
  }
  const pod = await findPod(context, named, given.filename);
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw failure(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
  const container = await containerFor(context, pod, given.container, given.quiet);
  const { stdin, stdout, stderr } = context.invocation;
  const terminal = await terminalFor(context, given);
  const code = await runRemote(context, {
    subresource: 'exec',
    namespace: pod.metadata?.namespace ?? '',
    pod: pod.metadata?.name ?? '',
    container,
    command,
    stdin: given.stdin ? stdin : undefined,
    stdout,
    stderr,
    terminal,
  });
  checkExitCode(code);
}

/** What client-go says of a process that failed (util/exec, CodeExitError). */
export function checkExitCode(code: number): void {
  if (code !== 0) throw new ExitError(code, `command terminated with exit code ${code}`);
}

async function containerFor(
  context: KubectlContext,
  pod: Pod,
  asked: string,
  quiet: boolean,
): Promise<string> {
  if (asked !== '' && !containersOf(pod).some(({ name }) => name === asked)) {
    const podName = pod.metadata?.name ?? '';
    throw failure(
      `container ${asked} is not valid for pod ${podName} out of: ${containerNames(pod)}`,
    );
  }
  return (await chooseContainer(context, pod, asked, quiet)).name;
}

/** The one pod that is meant; `TYPE/NAME` may name no other kind, as this server has none with pods. */
export async function findPod(
  context: KubectlContext,
  named: string | undefined,
  filename: readonly string[] = [],
): Promise<Pod> {
  const { infos, errors } = await findObjects(context, {
    ...(named === undefined ? {} : { args: [named], defaultType: 'pods' }),
    files: { filename, kustomize: '', recursive: false },
    latest: true,
    flatten: true,
  });
  throwFailures(errors);
  const [info, ...others] = infos;
  if (others.length > 0) throw failure('cannot exec into multiple objects at a time');
  if (!info?.object) throw failure('no pod was found');
  if (info.resource.kind !== 'Pod') {
    throw failure(
      `cannot attach to *v1.${info.resource.kind}: selector for *v1.${info.resource.kind} not implemented`,
    );
  }
  return info.object;
}

/** The caller's terminal, if one is wanted and there (kubectl, pkg/cmd/exec, SetupTTY). */
export async function terminalFor(
  { invocation, err }: KubectlContext,
  wanted: { stdin: boolean; tty: boolean; quiet: boolean },
): Promise<Terminal | undefined> {
  if (!wanted.stdin || !wanted.tty) return undefined;
  if (invocation.terminal?.stdin) return invocation.terminal;
  if (!wanted.quiet) {
    await err.line('Unable to use a TTY - input is not a terminal or the right kind of file');
  }
  return undefined;
}
