import { asSandglassError } from '#base/errors.ts';
import type { Resource } from '#kube/resources.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import type { Values } from '#cli/command/flags.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fieldValidationOf,
  operationText,
  saveConfigFlag,
  validateFlag,
} from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { metadataOf, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { createObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { inGoOrder } from '#cli/kubectl/printing/typed-objects.ts';
import { formatJson } from '#cli/text/json.ts';
import { lastAppliedAnnotation } from './last-applied.ts';

/** Of the subcommands of `kubectl create` that make an object out of options. */
export const createFlags = {
  ...printFlags,
  ...dryRunFlag,
  ...validateFlag,
  ...saveConfigFlag,
  ...fieldManagerFlag('kubectl-create'),
};

export type CreateFlags = Values<typeof createFlags>;

/** The one argument (kubectl, pkg/cmd/create/create.go, NameFromCommandArgs). */
export function nameArgument({
  args,
  dashAt,
  path,
}: Pick<Call<never>, 'args' | 'dashAt' | 'path'>): string {
  const count = dashAt < 0 ? args.length : dashAt;
  if (count !== 1) throw usageError(path, `exactly one NAME is required, got ${count}`);
  const [name = ''] = args;
  if (name === '') throw failure('name must be specified');
  return name;
}

/** Creates what was made, unless it is only to be looked at, and says so. */
export async function createMade(
  context: KubectlContext,
  flags: CreateFlags,
  { resource, object, complaint }: { resource: Resource; object: AnyObject; complaint?: string },
): Promise<void> {
  const dryRun = await dryRunOf(context, flags['dry-run']);
  const printer = await objectPrinter(context, flags, operationText('created', dryRun));
  const made = flags['save-config'] ? withOwnConfiguration(resource, object) : object;
  let created = made;
  if (dryRun !== 'client') {
    const { name: namespace } = await context.namespace();
    const info = { resource, namespace, name: metadataOf(made).name ?? '' };
    try {
      created = await createObject(context, info, made, {
        fieldManager: flags['field-manager'],
        fieldValidation: fieldValidationOf(flags.validate),
        dryRun: dryRun === 'server',
      });
    } catch (error) {
      if (complaint === undefined || context.signal.aborted) throw error;
      throw failure(`${complaint}${asSandglassError(error).message}`);
    }
  }
  const typed = inGoOrder(resource.definition, created);
  await context.out.write(printer.print(typed, { keepOrder: true }));
}

/** As typed objects are kept: in Go's order, and without an empty map of annotations (kubectl, pkg/util/apply.go). */
export function withOwnConfiguration({ definition }: Resource, object: AnyObject): AnyObject {
  const text = `${formatJson(inGoOrder(definition, object), { unsorted: true })}\n`;
  const metadata = metadataOf(object);
  const annotations = { ...metadata.annotations, [lastAppliedAnnotation]: text };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** The namespace that was asked for goes into the object; the current one is the server's to fill in. */
export async function explicitNamespace(context: KubectlContext): Promise<{ namespace?: string }> {
  const { name, isExplicit } = await context.namespace();
  return isExplicit ? { namespace: name } : {};
}
