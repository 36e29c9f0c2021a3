import { parseBool, bool, int, list, string } from '#cli/command/flags.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from './context.ts';
import { klogLine } from '#cli/text/klog.ts';
import type { FilenameOptions } from './objects/manifest-files.ts';

/** For commands that take files one by one. */
export const filenameFlag = {
  filename: list('File, directory or - for the standard input, with the objects that are meant.', {
    short: 'f',
  }),
};

export const filenameFlags = {
  ...filenameFlag,
  kustomize: string('Directory with a kustomization; not supported here.', { short: 'k' }),
  recursive: bool('Also read the directories in a directory given with -f.', { short: 'R' }),
};

export function filenames(flags: {
  filename: readonly string[];
  kustomize?: string;
  recursive?: boolean;
}): FilenameOptions {
  const { filename, kustomize = '', recursive = false } = flags;
  return { filename, kustomize, recursive };
}

export const selectorFlag = {
  selector: string(
    "Only objects with these labels; supports '=', '==', '!=', 'in', 'notin' (such as -l key1=value1,key2=value2,key3 in (value3)).",
    { short: 'l' },
  ),
};

export const fieldSelectorFlag = {
  'field-selector': string(
    "Only objects with these fields; supports '=', '==' and '!=' (such as --field-selector key1=value1,key2=value2).",
  ),
};

export const allNamespacesFlag = {
  'all-namespaces': bool('In all namespaces, whatever --namespace says.', { short: 'A' }),
};

export const chunkSizeFlag = {
  'chunk-size': int('Read long lists in parts of this size; 0 reads them at once.', {
    initial: 500,
  }),
};

export const dryRunFlag = {
  'dry-run': string(
    'Must be "none", "server", or "client": with client, print what would be sent; with server, send it without keeping it.',
    { initial: 'none', implied: 'unchanged' },
  ),
};

export const validateFlag = {
  validate: string(
    'Must be one of: strict (or true), warn, ignore (or false): what the server does about unknown and duplicate fields.',
    { initial: 'strict', implied: 'strict' },
  ),
};

export function fieldManagerFlag(initial: string) {
  return { 'field-manager': string('Name under which the fields are managed.', { initial }) };
}

export const saveConfigFlag = {
  'save-config': bool('Keep the configuration in an annotation, for a later kubectl apply.'),
};

export type DryRun = 'none' | 'client' | 'server';

/** kubectl, pkg/cmd/util/helpers.go, GetDryRunStrategy */
export async function dryRunOf(context: KubectlContext, value: string): Promise<DryRun> {
  if (value === 'none' || value === 'client' || value === 'server') return value;
  if (value === 'unchanged') {
    await warn(context, '--dry-run is deprecated and can be replaced with --dry-run=client.');
    return 'client';
  }
  let isOn: boolean;
  try {
    isOn = parseBool(value);
  } catch {
    throw failure(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }
  const strategy = isOn ? 'client' : 'none';
  await warn(
    context,
    `--dry-run=${value} is deprecated (boolean value) and can be replaced with --dry-run=${strategy}.`,
  );
  return strategy;
}

function warn({ clock, err }: KubectlContext, text: string): Promise<void> {
  return err.write(klogLine(clock, 'W', 'helpers.go:704', text));
}

/** What is said of an object after what was done (PrintFlagsWithDryRunStrategy). */
export function operationText(operation: string, dryRun: DryRun): string {
  if (dryRun === 'client') return `${operation} (dry run)`;
  return dryRun === 'server' ? `${operation} (server dry run)` : operation;
}

/** helpers.go, GetValidationDirective */
export function fieldValidationOf(value: string): 'Strict' | 'Warn' | 'Ignore' {
  if (value === 'strict') return 'Strict';
  if (value === 'warn') return 'Warn';
  if (value === 'ignore') return 'Ignore';
  try {
    return parseBool(value) ? 'Strict' : 'Ignore';
  } catch {
    throw failure(
      `invalid - validate option ${quote(value)}; must be one of: strict (or true), warn, ignore (or false)`,
    );
  }
}
