import { sleep } from '#base/clock.ts';
import { asSandglassError, SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { mirrorAnnotation } from '#kube/mirror-pods.ts';
import { resources } from '#kube/resources.ts';
import { parseLabelSelector } from '#kube/selectors.ts';
import { isNotFound } from '#kube/status.ts';
import { parseTime } from '#kube/time.ts';
import type { Pod } from '#kube/types.ts';
import { bool, duration, int, string } from '#cli/command/flags.ts';
import { failure, Failures } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { chunkSizeFlag, dryRunOf, operationText, type DryRun } from '#cli/kubectl/common-flags.ts';
import { completeNodes } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import type { AnyObject, Info } from '#cli/kubectl/objects/object-info.ts';
import { deleteObject, getObject } from '#cli/kubectl/objects/request.ts';
import { namePrinter } from '#cli/kubectl/printing/plain-printers.ts';
import { cordonFlags, nodesOf, setSchedulable } from './cordon.ts';

const flags = {
  ...cordonFlags,
  ...chunkSizeFlag,
  'delete-emptydir-data': bool(
    'Go on if there are pods with emptyDir volumes, whose data is lost.',
  ),
  'disable-eviction': bool(
    'Delete pods even where the server could evict them; this one never can.',
  ),
  force: bool('Go on if there are pods that nobody would make anew.'),
  'grace-period': int("Seconds for each pod to end by itself; negative for the pod's own.", {
    initial: -1,
  }),
  'ignore-daemonsets': bool('Leave pods of daemon sets alone.'),
  'pod-selector': string('Only pods with these labels.'),
  'skip-wait-for-delete-timeout': int(
    'Do not wait for pods whose deletion began more than so many seconds ago; 0 waits for all.',
  ),
  timeout: duration('How long to wait before giving up; 0 waits for as long as it takes.'),
};

type DrainCall = Call<KubectlContext, typeof flags>;

export const drainCommand = kubectlCommand({
  name: 'drain',
  use: 'NODE',
  short: 'Drain node in preparation for maintenance',
  long: `Marks a node as unschedulable and deletes the pods on it, static pods excepted.

 Pods that no controller would make anew, and pods with emptyDir volumes, keep it from doing so unless --force and
 --delete-emptydir-data are given. This server has no eviction: pods are deleted, as kubectl does with such servers.`,
  examples: [
    ['Even if there are pods that nobody would make anew', 'kubectl drain node-1 --force'],
    ['With a grace period of 15 minutes', 'kubectl drain node-1 --grace-period=900'],
  ],
  flags,
  complete: completeNodes,
  run: drain,
});

async function drain(call: DrainCall): Promise<void> {
  const { context, flags: given } = call;
  checkPodSelector(given['pod-selector']);
  const dryRun = await dryRunOf(context, given['dry-run']);
  const nodes = await nodesOf(call);
  for (const node of nodes) await setSchedulable(context, node, { unschedulable: true, dryRun });
  const failures: unknown[] = [];
  const pending: string[] = [];
  for (const node of nodes) {
    try {
      await deletePods(call, node.name, dryRun);
      await say(context, node.object, 'drained', dryRun);
    } catch (error) {
      if (context.signal.aborted) throw error;
      const { message } = asSandglassError(error);
      await context.err.line(
        `error: unable to drain node ${quote(node.name)} due to error: ${message}, continuing command...`,
      );
      failures.push(error);
      pending.push(node.name);
    }
  }
  if (pending.length > 0) {
    await context.err.line('There are pending nodes to be drained:');
    for (const name of pending) await context.err.line(` ${name}`);
  }
  if (failures.length > 0) throw new Failures(failures);
}

function checkPodSelector(selector: string): void {
  try {
    parseLabelSelector(selector);
  } catch {
    throw failure('--pod-selector=<pod_selector> must be a valid label selector');
  }
}

async function say(
  { out }: KubectlContext,
  object: AnyObject | undefined,
  operation: string,
  dryRun: DryRun,
): Promise<void> {
  if (object) await out.write(namePrinter(operationText(operation, dryRun)).print(object));
}

async function deletePods(call: DrainCall, node: string, dryRun: DryRun): Promise<void> {
  const { context } = call;
  const verdicts = (await podsOn(call, node)).map((pod) => ({ pod, ...verdictOf(call, pod) }));
  const namesBy = (kind: Verdict['kind']) => {
    const names = new Map<string, string[]>();
    for (const { pod, kind: actual, message = '' } of verdicts) {
      if (actual === kind) names.set(message, [...(names.get(message) ?? []), nameOf(pod)]);
    }
    return [...names].map(([message, pods]) => `${message}: ${pods.join(', ')}`);
  };
  const refusals = namesBy('refuse').map((text) => failure(`cannot delete ${text}`));
  if (refusals.length > 0) throw new Failures(refusals);
  const warnings = namesBy('warn').join('; ');
  if (warnings !== '') await context.warn(warnings);
  const wanted = verdicts.filter(({ kind }) => kind !== 'skip').map(({ pod }) => pod);
  if (dryRun === 'client') {
    for (const pod of wanted) await context.out.line(`evicting pod ${nameOf(pod)} (dry run)`);
    return;
  }
  await deleteAll(call, wanted, dryRun);
}

function nameOf({ metadata }: Pod): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

async function podsOn({ context, flags: given }: DrainCall, node: string): Promise<Pod[]> {
  const list = await context.client.listAll(
    resources.pods,
    {
      fieldSelector: `spec.nodeName=${node}`,
      labelSelector: given['pod-selector'] || undefined,
      signal: context.signal,
    },
    given['chunk-size'] || undefined,
  );
  return list.items;
}

interface Verdict {
  kind: 'delete' | 'skip' | 'warn' | 'refuse';
  message?: string;
}

/** What is to become of a pod (kubectl, pkg/drain/filters.go). */
function verdictOf({ flags: given, context }: DrainCall, pod: Pod): Verdict {
  const { metadata = {}, spec, status } = pod;
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  if (isLongDeleted(pod, given['skip-wait-for-delete-timeout'], context.clock.wallTime())) {
    return { kind: 'skip' };
  }
  if (!isOver && controller?.kind === 'DaemonSet' && controller.apiVersion === 'apps/v1') {
    // There are no daemon sets on this server, so the pod is nobody's.
    const message = 'the server could not find the requested resource';
    return { kind: given.force ? 'warn' : 'refuse', message };
  }
  if (metadata.annotations?.[mirrorAnnotation] !== undefined) return { kind: 'skip' };
  if (isOver) return { kind: 'delete' };
  const hasEmptyDir = spec?.volumes?.some(({ emptyDir }) => emptyDir) ?? false;
  if (hasEmptyDir && !given['delete-emptydir-data']) {
    const message = 'Pods with local storage (use --delete-emptydir-data to override)';
    return { kind: 'refuse', message };
  }
  if (controller) return { kind: 'delete' };
  return given.force
    ? { kind: 'warn', message: 'deleting Pods that declare no controller' }
    : {
        kind: 'refuse',
        message: 'Pods that declare no controller (use --force to override)',
      };
}

function isLongDeleted({ metadata }: Pod, seconds: number, now: number): boolean {
  const began = parseTime(metadata?.deletionTimestamp ?? '');
  return seconds > 0 && began !== undefined && now - began > seconds * 1000;
}

/** Asks for all to be deleted, then waits for each (kubectl, pkg/drain/drain.go, deletePods). */
async function deleteAll(call: DrainCall, pods: readonly Pod[], dryRun: DryRun): Promise<void> {
  const { context, flags: given } = call;
  const grace = given['grace-period'];
  for (const pod of pods) {
    try {
      await deleteObject(context, infoOf(pod), {
        ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
        ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const ends = given.timeout === 0 ? Infinity : context.clock.now() + given.timeout;
  for (let left = pods; ;) {
    left = await stillThere(call, left, dryRun);
    if (left.length === 0) return;
    if (context.clock.now() >= ends) {
      throw new SandglassError('deadline-exceeded', 'context deadline exceeded');
    }
    await sleep(context.clock, 1000, context.signal);
  }
}

function infoOf({ metadata }: Pod): Info {
  const { name = '', namespace = '' } = metadata ?? {};
  return { resource: resources.pods, name, namespace };
}

async function stillThere(
  { context, flags: given }: DrainCall,
  pods: readonly Pod[],
  dryRun: DryRun,
): Promise<Pod[]> {
  const left: Pod[] = [];
  for (const pod of pods) {
    const now = await getObject(context, infoOf(pod)).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (now?.metadata?.uid !== pod.metadata?.uid) {
      await say(context, { apiVersion: 'v1', kind: 'Pod', ...pod }, 'deleted', dryRun);
    } else if (
      !isLongDeleted(now as Pod, given['skip-wait-for-delete-timeout'], context.clock.wallTime())
    ) {
      left.push(pod);
    }
  }
  return left;
}
