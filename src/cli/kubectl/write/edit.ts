import { jsonEquals, type Json, type JsonObject } from '#kube/patch/json.ts';
import { patchSchemaOf } from '#kube/patch/definition-schema.ts';
import { hasDefinition } from '#kube/schema/definitions.ts';
import { StatusError } from '#kube/status.ts';
import { asSandglassError } from '#base/errors.ts';
import { string } from '#cli/command/flags.ts';
import { ExitError, failure, throwFailures } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  fieldManagerFlag,
  filenameFlags,
  filenames,
  validateFlag,
} from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects } from '#cli/kubectl/objects/find-objects.ts';
import { parseManifest } from '#cli/kubectl/objects/manifest-files.ts';
import {
  metadataOf,
  objectName,
  type AnyObject,
  type Info,
} from '#cli/kubectl/objects/object-info.ts';
import { patchObject } from '#cli/kubectl/objects/request.ts';
import { yamlPrinter } from '#cli/kubectl/printing/plain-printers.ts';
import { difference } from './three-way-patch.ts';
import { diffMaps } from './strategic-diff.ts';

const flags = {
  ...filenameFlags,
  ...validateFlag,
  ...fieldManagerFlag('kubectl-edit'),
  output: string('Format of the file: yaml.', { short: 'o', initial: 'yaml' }),
  subresource: string('Edit this subresource of the object.'),
};

type EditCall = Call<KubectlContext, typeof flags>;

export const editCommand = kubectlCommand({
  name: 'edit',
  use: '(RESOURCE/NAME | -f FILENAME)',
  short: 'Edit a resource on the server',
  long: `Opens objects in an editor, the one that KUBE_EDITOR or EDITOR names or vi, and sends what was changed.`,
  examples: [
    ['A config map', 'kubectl edit configmap/settings'],
    ['With another editor', "KUBE_EDITOR='nano' kubectl edit pod/web"],
  ],
  flags,
  complete: completeResources,
  run: edit,
});

const banner = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

async function edit(call: EditCall): Promise<void> {
  const { context, flags: given, args } = call;
  if (given.output !== 'yaml') throw failure('edit supports only -o yaml in this kubectl');
  const { infos, errors } = await findObjects(context, {
    args,
    files: filenames(given),
    latest: true,
    flatten: true,
    subresource: given.subresource,
  });
  throwFailures(errors);
  for (const info of infos) await editOne(call, info);
}

async function editOne(call: EditCall, info: Info): Promise<void> {
  const { context } = call;
  const { files, signal } = context.invocation;
  const { object } = info;
  if (!object) return;
  const path = `/tmp/kubectl-edit-${metadataOf(object).uid ?? info.name}.yaml`;
  const original = yamlPrinter(false).print(object);
  let text = original;
  let complaint = '';
  for (;;) {
    await files.write(path, `${banner}${complaint}${text}`, { mode: 0o600, signal });
    await runEditor(context, path);
    const edited = withoutComments(new TextDecoder().decode(await files.read(path, { signal })));
    const isUnchanged = edited === text || edited.trim() === '' || edited === original;
    if (isUnchanged) {
      await files.remove(path, { missing: 'ignore', signal });
      if (complaint !== '') {
        await context.err.line('Edit cancelled, no valid changes were saved.');
        throw new ExitError(1);
      }
      await context.out.line('Edit cancelled, no changes made.');
      return;
    }
    text = edited;
    try {
      await send(call, info, text);
      await files.remove(path, { missing: 'ignore', signal });
      await context.out.line(`${objectName(info.resource, info.name)} edited`);
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      complaint = complaintOf(info, error);
      await context.err.line(`error: ${asSandglassError(error).message}`);
    }
  }
}

async function runEditor({ invocation }: KubectlContext, path: string): Promise<void> {
  const { env, signal } = invocation;
  const editor = env['KUBE_EDITOR'] || env['EDITOR'] || 'vi';
  const code = await invocation.run(['sh', '-c', `${editor} "$1"`, 'sh', path], signal);
  if (code !== 0) {
    throw failure(`there was a problem with the editor ${JSON.stringify(editor)}`);
  }
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n');
}

async function send({ context, flags: given }: EditCall, info: Info, text: string): Promise<void> {
  const [edited, ...others] = parseManifest(text, 'edited-file');
  if (!edited || others.length > 0) throw failure('the edited file must hold one object');
  const [before, after] = [info.object, edited] as unknown as [JsonObject, JsonObject];
  const identity = (object: AnyObject) => [
    ...[object.apiVersion, object.kind, metadataOf(object).name, metadataOf(object).namespace],
  ];
  if (!jsonEquals(identity(edited) as Json, identity(info.object ?? edited) as Json)) {
    throw failure('At least one of apiVersion, kind and name was changed');
  }
  const isKnown = hasDefinition(info.resource.definition);
  const patch = isKnown
    ? diffMaps(before, after, patchSchemaOf(info.resource.definition), {
        deletions: true,
        changes: true,
      })
    : difference(before, after);
  await patchObject(context, info, JSON.stringify(patch), {
    type: isKnown ? 'strategic' : 'merge',
    fieldManager: given['field-manager'],
    subresource: given.subresource || undefined,
  });
}

/** As comments at the file's head, so that the editor shows what was wrong. */
function complaintOf({ resource, name }: Info, error: unknown): string {
  const causes =
    error instanceof StatusError
      ? (error.status.details?.causes ?? []).map(
          ({ field, message }) => `${field ?? ''}: ${message ?? ''}`,
        )
      : [asSandglassError(error).message];
  const lines = causes.map((cause) => `# * ${cause.replaceAll('\n', ' ')}\n`).join('');
  return `# ${resource.resource} "${name}" was not valid:\n${lines}#\n`;
}
