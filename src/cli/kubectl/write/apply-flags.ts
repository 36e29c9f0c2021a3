import type { Call } from '#cli/command/command.ts';
import { bool, duration, int, string, texts } from '#cli/command/flags.ts';
import {
  dryRunFlag,
  fieldManagerFlag,
  filenameFlags,
  selectorFlag,
  validateFlag,
  type DryRun,
} from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import type { WriteFacts } from '#cli/kubectl/objects/request.ts';
import { printFlags } from '#cli/kubectl/printing/print-flags.ts';

export const applyFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...dryRunFlag,
  ...validateFlag,
  ...fieldManagerFlag('kubectl-client-side-apply'),
  ...printFlags,
  all: bool('With --prune: all objects of the kinds in the namespace.'),
  cascade: string('With --force: what becomes of what belongs to the object.', {
    initial: 'background',
    implied: 'background',
  }),
  force: bool('Delete and create anew what cannot be patched.'),
  'force-conflicts': bool('With --server-side: take fields over from other managers.'),
  'grace-period': int('With --force: seconds for the object to end by itself.', { initial: -1 }),
  'openapi-patch': bool('Take the types for patches from the server.', { initial: true }),
  overwrite: bool('Resolve conflicts with the server in favour of the file.', { initial: true }),
  prune: bool('Delete what was applied before and is not in the files.'),
  'prune-allowlist': texts('With --prune: kinds to delete, as group/version/kind.'),
  'server-side': bool('Let the server merge; this server does not.'),
  subresource: string('With --server-side: the subresource to apply.'),
  timeout: duration('With --force: how long to wait for the deletion.'),
  wait: bool('With --force: wait until the old object is gone.'),
};

export type ApplyCall = Call<KubectlContext, typeof applyFlags>;

export interface ApplyFacts extends Omit<WriteFacts, 'dryRun'> {
  dryRun: DryRun;
}
