import { resources } from '#kube/resources.ts';
import { isJsonObject, type Json, type JsonObject } from '#kube/patch/json.ts';
import { applyJsonPatch } from '#kube/patch/json-patch.ts';
import { mergePatch } from '#kube/patch/merge-patch.ts';
import { patchSchemaOf } from '#kube/patch/definition-schema.ts';
import { strategicMerge } from '#kube/patch/strategic-merge.ts';
import { notFound } from '#kube/status.ts';
import { parseYaml } from '#kube/schema/decode.ts';
import { asSandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import { quote } from '#kube/go-text.ts';
import { bool, duration, int, string, texts } from '#cli/command/flags.ts';
import { ExitError, failure, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  operationText,
  saveConfigFlag,
  type DryRun,
} from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { LogWriter, readLog } from '#cli/kubectl/logs/read-log.ts';
import type { AnyObject, Info } from '#cli/kubectl/objects/object-info.ts';
import { createObject } from '#cli/kubectl/objects/request.ts';
import { inGoOrder } from '#cli/kubectl/printing/typed-objects.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { waitUntil } from '#cli/kubectl/wait/until.ts';
import { deleteOne } from '#cli/kubectl/write/delete.ts';
import { explicitNamespace } from '#cli/kubectl/write/create-object.ts';
import { maybeWithLastApplied } from '#cli/kubectl/write/last-applied.ts';
import { attachTo, detachKeysFlag } from './attach.ts';
import { restartPolicyOf, runPod, type RunFacts } from './run-pod.ts';

const flags = {
  ...printFlags,
  ...dryRunFlag,
  ...saveConfigFlag,
  ...detachKeysFlag,
  ...fieldManagerFlag('kubectl-run'),
  annotations: texts('Annotation of the pod, as key=value.'),
  attach: bool('Wait for the pod to run, and join it; with -i this is so anyway.'),
  cascade: string('With --rm: what becomes of what belongs to the pod.', {
    initial: 'background',
    implied: 'background',
  }),
  command: bool("The words are the container's command, and not its arguments."),
  env: texts('Environment variable of the container, as NAME=value.'),
  expose: bool('Make a service too; this server has none.'),
  force: bool('With --rm: delete at once.'),
  'grace-period': int('With --rm: seconds for the pod to end by itself.', { initial: -1 }),
  image: string('Image of the container.'),
  'image-pull-policy': string('When to pull the image; the server decides if left out.'),
  labels: string('Labels of the pod, with commas between.', { short: 'l' }),
  'leave-stdin-open': bool('Leave the standard input open after the first session.'),
  'override-type': string('Kind of --overrides: json, merge or strategic.', { initial: 'merge' }),
  overrides: string('Changes to the pod, as JSON.'),
  'pod-running-timeout': duration('How long to wait for the pod to run.', { initial: 60_000 }),
  port: string('Port that the container serves.'),
  privileged: bool('Run the container as privileged.'),
  quiet: bool('Only what the process writes.', { short: 'q' }),
  restart: string('Restart policy of the pod: Always, OnFailure or Never.', { initial: 'Always' }),
  rm: bool('Delete the pod when the session is over.'),
  stdin: bool('Give the process the standard input.', { short: 'i' }),
  tty: bool('Give the process a terminal.', { short: 't' }),
};

type RunCall = Call<KubectlContext, typeof flags>;

export const runCommand = kubectlCommand({
  name: 'run',
  use: 'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  short: 'Run a particular image on the cluster',
  long: 'Makes a pod of one container.',
  examples: [
    ['A server', 'kubectl run nginx --image=nginx --port=80'],
    [
      'A shell that is gone when it ends',
      'kubectl run -it --rm sh --image=busybox:1.36 --restart=Never',
    ],
    ['Another program', 'kubectl run sleeper --image=busybox:1.36 --command -- sleep 3600'],
    ['Only show the pod', 'kubectl run nginx --image=nginx --dry-run=client -o yaml'],
  ],
  flags,
  run,
});

const referencePattern =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?))*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

async function run(call: RunCall): Promise<void> {
  const { context, flags: given } = call;
  const dryRun = await dryRunOf(context, given['dry-run']);
  const attaches = call.isGiven('attach') ? given.attach : given.attach || given.stdin;
  check(call, attaches, dryRun);
  const facts = factsOf(call);
  const restartPolicy = restartPolicyOf(facts);
  const printer = await objectPrinter(context, given, operationText('created', dryRun));
  const { pod, info } = await create(call, runPod(facts), dryRun);
  if (!attaches) {
    await context.out.write(printer.print(inGoOrder('Pod', pod), { keepOrder: true }));
    return;
  }
  try {
    await join(call, info);
    await checkOutcome(call, info, restartPolicy);
  } finally {
    if (given.rm) await removePod(call, info);
  }
}

function check(
  { flags: given, args, dashAt, path }: RunCall,
  attaches: boolean,
  dryRun: DryRun,
): void {
  const { image, tty, stdin } = given;
  if (image === '') throw failure('required flag(s) "image" not set');
  if (args.length === 0 || dashAt === 0) throw usageError(path, 'NAME is required for run');
  if (given['pod-running-timeout'] <= 0) {
    throw usageError(path, '--pod-running-timeout must be higher than zero');
  }
  if (!referencePattern.test(image)) {
    throw failure(`Invalid image name ${quote(image)}: invalid reference format`);
  }
  if (tty && !stdin) {
    throw usageError(path, '-i/--stdin is required for containers with -t/--tty=true');
  }
  if (given.expose && given.port === '') {
    throw usageError(path, '--port must be set when exposing a service');
  }
  if (given.expose) throw failure('no matches for kind "Service" in version "v1"');
  if (!attaches && given.rm) {
    throw usageError(path, '--rm should only be used for attached containers');
  }
  if (attaches && dryRun !== 'none') {
    throw usageError(
      path,
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
    );
  }
}

function factsOf({ flags: given, args, path }: RunCall): RunFacts {
  const [name = '', ...words] = args;
  const { image, command, env, labels, annotations, port, stdin, tty, restart, privileged } = given;
  return {
    ...{ name, image, words, command, env, labels, annotations, port, stdin, tty, restart },
    leaveStdinOpen: given['leave-stdin-open'],
    imagePullPolicy: given['image-pull-policy'],
    privileged,
    path,
  };
}

async function create(
  { context, flags: given }: RunCall,
  made: Pod,
  dryRun: DryRun,
): Promise<{ pod: AnyObject; info: Info }> {
  const pod = overridden(made, given.overrides, given['override-type']) as unknown as AnyObject;
  const name = pod.metadata?.name ?? '';
  if (dryRun === 'client') {
    const metadata = { ...pod.metadata, ...(await explicitNamespace(context)) };
    return { pod: { ...pod, metadata }, info: { resource: resources.pods, namespace: '', name } };
  }
  const { name: namespace } = await context.namespace();
  const info = { resource: resources.pods, namespace, name };
  const object = maybeWithLastApplied(pod, given['save-config']);
  const created = await createObject(context, info, object, {
    fieldManager: given['field-manager'],
    dryRun: dryRun === 'server',
  });
  return { pod: created, info };
}

function overridden(pod: Pod, overrides: string, type: string): Pod {
  if (overrides === '') return pod;
  let change: Json;
  try {
    change = parseYaml(overrides).value as Json;
  } catch (error) {
    throw failure(`Invalid JSON: ${asSandglassError(error).message}`);
  }
  const original = pod as unknown as JsonObject;
  const apply = (): Json => {
    switch (type) {
      case 'merge':
        return mergePatch(original, change);
      case 'strategic':
        return strategicMerge(original, change, patchSchemaOf('Pod'));
      case 'json':
        return applyJsonPatch(original, change);
      default:
        throw failure(`invalid override type: ${type}`);
    }
  };
  const result = apply();
  if (!isJsonObject(result)) throw failure('--overrides leaves no pod');
  return result;
}

const isOver = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function isReady({ status }: Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return status?.phase === 'Running' && ready?.status === 'True';
}

async function waitForPod(
  { context, flags: given }: RunCall,
  info: Info,
  check: (pod: Pod) => boolean,
): Promise<Pod> {
  const object = await waitUntil(context, info, {
    timeout: given['pod-running-timeout'],
    check: (one) => {
      if (!one) throw notFound(info.resource, info.name);
      return check(one);
    },
  });
  return object as unknown as Pod;
}

/** Joins the process once it runs; shows the log of one that has ended before (kubectl, pkg/cmd/run/run.go, handleAttachPod). */
async function join(call: RunCall, info: Info): Promise<void> {
  const { context, flags: given } = call;
  const pod = await waitForPod(call, info, (one) => isOver(one) || isReady(one));
  await showLog(context, info, pod);
  if (isOver(pod)) return;
  try {
    await attachTo(context, pod, {
      container: '',
      stdin: given.stdin,
      tty: given.tty,
      quiet: given.quiet,
      detachKeys: given['detach-keys'],
    });
  } catch (error) {
    if (context.signal.aborted) throw error;
    await context.err.line(
      `warning: couldn't attach to pod/${info.name}, falling back to streaming logs: ${asSandglassError(error).message}`,
    );
    await showLog(context, info, pod);
  }
}

async function showLog(context: KubectlContext, info: Info, pod: Pod): Promise<void> {
  const container = pod.spec?.containers[0]?.name ?? '';
  const { namespace, name } = info;
  const writer = new LogWriter(context.out);
  await readLog(context, { namespace, name, query: { container } }, writer.from(''));
}

/** The process's exit code, where its end is the pod's. */
async function checkOutcome(call: RunCall, info: Info, restartPolicy: string): Promise<void> {
  if (call.flags['leave-stdin-open'] || restartPolicy === 'Always') return;
  const ends = restartPolicy === 'Never' ? isOver : (pod: Pod) => pod.status?.phase === 'Succeeded';
  const pod = await waitForPod(call, info, ends);
  if (pod.status?.phase === 'Succeeded') return;
  const { namespace, name } = info;
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  if (!ended || ended.exitCode === 0) {
    throw failure(`pod ${namespace}/${name} failed with unknown exit code`);
  }
  const { exitCode, reason = '', message = '' } = ended;
  throw new ExitError(exitCode, `pod ${namespace}/${name} terminated (${reason})\n${message}`);
}

/** Even if the session was interrupted, and then without its signal. */
async function removePod({ context, flags: given }: RunCall, info: Info): Promise<void> {
  const detached = context.withoutSignal();
  await deleteOne(detached, info, {
    gracePeriod: given.force ? 0 : given['grace-period'],
    propagationPolicy: 'Background',
    dryRun: 'none',
    output: '',
    quiet: given.quiet,
  }).catch((error: unknown) => {
    if (!(asSandglassError(error).code === 'not-found')) throw error;
  });
}
