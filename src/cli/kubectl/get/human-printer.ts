import { groupResourceText, type Resource } from '#kube/resources.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kindText } from '#cli/kubectl/objects/object-info.ts';
import { TablePrinter } from '#cli/kubectl/printing/table-printer.ts';
import type { GetFlags } from './get-flags.ts';

/** A printer of tables for objects of one resource. */
export function tablePrinterFor(
  { clock }: KubectlContext,
  flags: GetFlags,
  { resource, withKind }: { resource: Resource; withKind: boolean },
): TablePrinter {
  return new TablePrinter(
    {
      noHeaders: flags['no-headers'],
      wide: flags.output === 'wide',
      withNamespace: flags['all-namespaces'] && resource.namespaced,
      kind: withKind || flags['show-kind'] ? kindText(resource) : undefined,
      labelColumns: flags['label-columns'],
      showLabels: flags['show-labels'],
    },
    () => clock.wallTime(),
  );
}

export function sameResource(one: Resource | undefined, other: Resource): boolean {
  return (
    one !== undefined &&
    one.version === other.version &&
    groupResourceText(one) === groupResourceText(other)
  );
}
