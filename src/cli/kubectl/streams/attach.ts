import type { ByteSource } from '#base/byte-stream.ts';
import type { Container, Pod } from '#kube/types.ts';
import { bool, duration, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { completePods } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { detachable, parseDetachKeys } from '#cli/streams/detach-keys.ts';
import { checkExitCode, findPod, terminalFor } from './exec.ts';
import { chooseContainer, containerNames, containersOf } from './pod-containers.ts';
import { runRemote } from './remote-session.ts';

export const detachKeysFlag = {
  'detach-keys': string('Keys that leave the process alone and end the session.', {
    initial: 'ctrl-p,ctrl-q',
  }),
};

const flags = {
  ...detachKeysFlag,
  container: string('Container; the first, or the one that an annotation names, if left out.', {
    short: 'c',
  }),
  'pod-running-timeout': duration('How long to wait for the pod to run.', { initial: 60_000 }),
  quiet: bool('Only what the process writes.', { short: 'q' }),
  stdin: bool('Give the process the standard input.', { short: 'i' }),
  tty: bool('The process has a terminal.', { short: 't' }),
};

export const attachCommand = kubectlCommand({
  name: 'attach',
  use: '(POD | TYPE/NAME) -c CONTAINER',
  short: 'Attach to a running container',
  long: "Joins a container's first process: shows what it writes, and with -i gives it what is typed.",
  examples: [
    ['What the process writes from now on', 'kubectl attach web'],
    ['Type into it', 'kubectl attach web -c main -i -t'],
  ],
  flags,
  complete: completePods,
  run: attach,
});

async function attach({ context, flags: given, args }: Call<KubectlContext, typeof flags>) {
  if (args.length === 0) throw failure('at least 1 argument is required for attach');
  if (args.length > 2) {
    throw failure(
      `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: [${args.join(' ')}]`,
    );
  }
  if (given['pod-running-timeout'] <= 0) {
    throw failure('--pod-running-timeout must be higher than zero');
  }
  const pod = await findPod(context, args.length === 2 ? args.join('/') : args[0]);
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw failure(`cannot attach a container in a completed pod; current phase is ${phase}`);
  }
  const code = await attachTo(context, pod, {
    container: given.container,
    stdin: given.stdin,
    tty: given.tty,
    quiet: given.quiet,
    detachKeys: given['detach-keys'],
  });
  checkExitCode(code);
}

export interface AttachFacts {
  container: string;
  stdin: boolean;
  tty: boolean;
  quiet: boolean;
  detachKeys: string;
}

/** Joins the container until the process or the session ends (kubectl, pkg/cmd/attach/attach.go, Run). */
export async function attachTo(
  context: KubectlContext,
  pod: Pod,
  facts: AttachFacts,
): Promise<number> {
  const { err, out, invocation } = context;
  const { stdin, quiet } = facts;
  const container = await containerFor(context, pod, facts);
  const tty = await usesTerminal(context, container, facts);
  const terminal = await terminalFor(context, { stdin, tty, quiet });
  if (!quiet) {
    await err.line(
      'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.',
    );
    await err.line("If you don't see a command prompt, try pressing enter.");
  }
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const size = terminal?.size;
  const code = await runRemote(context, {
    subresource: 'attach',
    namespace,
    pod: name,
    container: container.name,
    stdin: stdin ? inputOf(invocation.stdin, facts, terminal !== undefined) : undefined,
    stdout: invocation.stdout,
    stderr: invocation.stderr,
    terminal,
    // Another size first, so that programs draw their screen anew.
    ...(size && { sizes: [{ columns: size.columns + 1, rows: size.rows + 1 }, size] }),
  });
  if (terminal && !quiet) {
    await out.line(
      `Session ended, resume using 'kubectl attach ${name} -c ${container.name} -n ${namespace} -i -t' command`,
    );
  }
  return code;
}

async function containerFor(
  context: KubectlContext,
  pod: Pod,
  { container, quiet }: AttachFacts,
): Promise<Container> {
  const isThere = container === '' || containersOf(pod).some(({ name }) => name === container);
  if (isThere) return chooseContainer(context, pod, container, quiet);
  const { name = '' } = pod.metadata ?? {};
  throw failure(
    `cannot attach to the container: container ${container} is not valid for pod ${name} out of: ${containerNames(pod)}`,
  );
}

/** As the container has it: a process without a terminal cannot be given one now. */
async function usesTerminal(
  { err }: KubectlContext,
  container: Container,
  { tty, quiet }: AttachFacts,
): Promise<boolean> {
  const hasTerminal = container.tty ?? false;
  if (tty && !hasTerminal && !quiet) {
    await err.line(`error: Unable to use a TTY - container ${container.name} did not allocate one`);
  }
  return hasTerminal;
}

function inputOf(source: ByteSource, { detachKeys }: AttachFacts, isRaw: boolean): ByteSource {
  return isRaw ? detachable(source, parseDetachKeys(detachKeys)) : source;
}
