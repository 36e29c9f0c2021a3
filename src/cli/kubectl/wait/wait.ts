import { sleep } from '#base/clock.ts';
import { isNotFound, notFound } from '#kube/status.ts';
import { bool, duration, texts } from '#cli/command/flags.ts';
import { failure, throwFailures } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  allNamespacesFlag,
  fieldSelectorFlag,
  filenameFlag,
  filenames,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, forEachInfo, type FindOptions } from '#cli/kubectl/objects/find-objects.ts';
import { metadataOf, type AnyObject, type Info } from '#cli/kubectl/objects/object-info.ts';
import { getObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { parseConditions, type Condition } from './conditions.ts';
import { statesOf, deadlineAfter, timedOut, waitForDeletion, waitLimit } from './until.ts';

const flags = {
  ...filenameFlag,
  recursive: bool('Also read the directories in a directory given with -f.', {
    short: 'R',
    initial: true,
  }),
  ...selectorFlag,
  ...fieldSelectorFlag,
  ...allNamespacesFlag,
  ...printFlags,
  all: bool('All objects of the kinds in the namespace.'),
  for: texts(
    "What to wait for: [create|delete|condition=condition-name[=condition-value]|jsonpath='{JSONPath expression}'=[JSONPath value]]. May be repeated.",
  ),
  local: bool('Look at what the file says, and ask no server.'),
  timeout: duration(
    'How long to wait before giving up; zero checks once, below zero waits for a week.',
    { initial: 30_000 },
  ),
};

type WaitCall = Call<KubectlContext, typeof flags>;

/** Milliseconds between two looks for what is not there yet (kubectl, pkg/cmd/wait/wait.go). */
const createPeriod = 500;

export const waitCommand = kubectlCommand({
  name: 'wait',
  use: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  short: 'Wait for a specific condition on one or many resources',
  long: 'Waits until objects are as they should be: there, gone, or with a condition or a value of a field.',
  examples: [
    ['Until a pod is ready', 'kubectl wait --for=condition=Ready pod/web'],
    ['Until it runs', "kubectl wait --for=jsonpath='{.status.phase}'=Running pod/web"],
    ['Until it is gone', 'kubectl wait --for=delete pod/web --timeout=60s'],
  ],
  flags,
  complete: completeResources,
  run: wait,
});

async function wait(call: WaitCall): Promise<void> {
  const { context, flags: given } = call;
  const printer = await objectPrinter(context, given, 'condition met');
  const conditions = parseConditions(given.for);
  const timeout = given.timeout < 0 ? waitLimit : given.timeout;
  const started = context.clock.now();
  const left = () => Math.max(0, timeout - (context.clock.now() - started));
  const has = (type: Condition['type']) => conditions.some((one) => one.type === type);
  if (has('create')) await waitForCreation(call, timeout);
  const found = await findObjects(context, {
    ...findOptions(call),
    ...(has('delete') ? { ignore: isNotFound } : {}),
  });
  if (found.errors.length === 0 && found.infos.length === 0 && !has('delete')) {
    throw failure('no matching resources found');
  }
  // Who comes after one that took all the time has none left.
  const limit = (info: Info) => {
    if (timeout > 0 && left() === 0) throw timedOut(info);
    return left();
  };
  await forEachInfo(found, async (info) => {
    for (const condition of conditions) {
      const object = await waitFor(context, info, condition, limit(info));
      if (object) await context.out.write(printer.print(object));
    }
  });
}

function findOptions({ flags: given, args }: WaitCall): FindOptions {
  return {
    args,
    files: filenames(given),
    labelSelector: given.selector,
    fieldSelector: given['field-selector'],
    selectAll: given.all,
    allNamespaces: given['all-namespaces'],
    latest: true,
    flatten: true,
  };
}

async function waitForCreation(call: WaitCall, timeout: number): Promise<void> {
  const { context } = call;
  const started = context.clock.now();
  for (;;) {
    const { infos, errors } = await findObjects(context, findOptions(call));
    throwFailures(errors.filter((error) => !isNotFound(error)));
    if (errors.length === 0 && infos.length > 0) return;
    if (context.clock.now() - started >= timeout) {
      throw failure('timed out waiting for the condition');
    }
    await sleep(context.clock, createPeriod, context.signal);
  }
}

async function waitFor(
  context: KubectlContext,
  info: Info,
  condition: Condition,
  timeout: number,
): Promise<AnyObject | undefined> {
  if (condition.type === 'create') return info.object;
  if (timeout === 0) return checkOnce(context, info, condition);
  if (condition.type === 'delete') {
    const uid = info.object && metadataOf(info.object).uid;
    await waitForDeletion(context, info, { uid, timeout });
    return info.object;
  }
  return waitForState(context, info, condition.holds, timeout);
}

async function checkOnce(
  context: KubectlContext,
  info: Info,
  condition: Condition,
): Promise<AnyObject | undefined> {
  const unmet = failure(`condition not met for ${info.resource.resource}/${info.name}`);
  if (condition.type === 'delete') {
    try {
      await getObject(context, info);
    } catch (error) {
      if (isNotFound(error)) return info.object;
      throw error;
    }
    throw unmet;
  }
  const object = await getObject(context, info);
  if (condition.type === 'state' && condition.holds(object)) return object;
  throw unmet;
}

/** What disappears while it is waited for, is waited for in vain. */
async function waitForState(
  context: KubectlContext,
  info: Info,
  holds: (object: AnyObject) => boolean,
  timeout: number,
): Promise<AnyObject> {
  const deadline = deadlineAfter(context, timeout);
  let isFirst = true;
  try {
    for await (const object of statesOf(context, info, deadline.signal)) {
      if (object && holds(object)) return object;
      if (!object && isFirst) throw notFound(info.resource, info.name);
      isFirst = false;
    }
    throw failure('the watch has ended');
  } catch (error) {
    if (deadline.hasPassed()) throw timedOut(info);
    throw error;
  } finally {
    deadline.cancel();
  }
}
