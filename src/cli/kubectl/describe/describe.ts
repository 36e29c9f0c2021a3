import { isNotFound } from '#kube/status.ts';
import { bool } from '#cli/command/flags.ts';
import { failure, throwFailures } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  allNamespacesFlag,
  chunkSizeFlag,
  filenameFlags,
  filenames,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, type Found } from '#cli/kubectl/objects/find-objects.ts';
import type { Info } from '#cli/kubectl/objects/object-info.ts';
import type { Describer } from './describer.ts';
import { DescribeWriter } from './describe-writer.ts';
import { describeGeneric } from './generic.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeConfigMap, describeNamespace, describeSecret } from './small-kinds.ts';

const flags = {
  ...filenameFlags,
  ...selectorFlag,
  ...allNamespacesFlag,
  ...chunkSizeFlag,
  'show-events': bool(
    'Show the events about the object; not for several objects unless asked for.',
    {
      initial: true,
    },
  ),
};

type DescribeCall = Call<KubectlContext, typeof flags>;

/** By group and kind. */
const describers: Readonly<Record<string, Describer>> = {
  '/Pod': describePod,
  '/Node': describeNode,
  '/Namespace': describeNamespace,
  '/ConfigMap': describeConfigMap,
  '/Secret': describeSecret,
};

export const describeCommand = kubectlCommand({
  name: 'describe',
  use: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  short: 'Show details of a specific resource or group of resources',
  long: `Shows an object with what belongs to it, such as the events about it.

 Without an object of that name, all whose names begin so are shown.`,
  examples: [
    ['A node', 'kubectl describe nodes node-1'],
    ['A pod', 'kubectl describe pods/web'],
    ['The pods of a file', 'kubectl describe -f pods.yaml'],
    ['Pods with a label', 'kubectl describe pods -l app=web'],
  ],
  flags,
  suggestFor: ['inspect'],
  complete: completeResources,
  run: describe,
});

async function describe(call: DescribeCall): Promise<void> {
  const { context, flags: given, args } = call;
  if (args.length === 0 && given.filename.length === 0 && given.kustomize === '') {
    throw failure(
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n',
    );
  }
  const found = await findObjects(context, {
    args,
    files: filenames(given),
    labelSelector: given.selector,
    allNamespaces: given['all-namespaces'],
    chunkSize: given['chunk-size'],
    allowEmptySelector: true,
    latest: true,
    flatten: true,
  });
  const { infos, errors } = found;
  const isOne = infos.length <= 1 && errors.length === 0;
  const showEvents = call.isGiven('show-events') || isOne ? given['show-events'] : false;
  const [only] = errors;
  if (errors.length === 1 && isNotFound(only) && args.length === 2) {
    await describeMatching(call, showEvents, only);
    return;
  }
  await describeAll(call, found, showEvents);
}

async function describeAll(call: DescribeCall, found: Found, showEvents: boolean): Promise<void> {
  const { context } = call;
  const failures = [...found.errors];
  let isFirst = true;
  for (const info of found.infos) {
    try {
      const text = await textOf(context, info, showEvents);
      await context.out.write(isFirst ? text : `\n\n${text}`);
      isFirst = false;
    } catch (error) {
      if (context.signal.aborted) throw error;
      failures.push(error);
    }
  }
  if (found.infos.length === 0 && failures.length === 0) {
    const { name } = await context.namespace();
    await context.err.line(
      call.flags['all-namespaces']
        ? 'No resources found'
        : `No resources found in ${name} namespace.`,
    );
  }
  throwFailures(failures);
}

/** Those whose names begin with the argument (kubectl, pkg/cmd/describe, DescribeMatchingResources). */
async function describeMatching(
  { context, args }: DescribeCall,
  showEvents: boolean,
  notFound: unknown,
): Promise<void> {
  const [type = '', prefix = ''] = args;
  const { infos, errors } = await findObjects(context, {
    args: [type],
    allowEmptySelector: true,
    singleType: true,
    flatten: true,
  });
  throwFailures(errors);
  const matching = infos.filter(({ name }) => name.startsWith(prefix));
  if (matching.length === 0) throw notFound;
  for (const info of matching) {
    await context.out.line(await textOf(context, info, showEvents));
  }
}

async function textOf(context: KubectlContext, info: Info, showEvents: boolean): Promise<string> {
  if (!info.object) return '';
  const { group, kind } = info.resource;
  const describer = describers[`${group}/${kind}`] ?? describeGeneric;
  const writer = new DescribeWriter();
  const now = context.clock.wallTime();
  await describer(writer, info.object, { context, info, showEvents, now });
  return writer.toString();
}
