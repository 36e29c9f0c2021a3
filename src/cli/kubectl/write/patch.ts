import { isJsonObject, jsonEquals, type Json, type JsonObject } from '#kube/patch/json.ts';
import { applyJsonPatch } from '#kube/patch/json-patch.ts';
import { mergePatch } from '#kube/patch/merge-patch.ts';
import { patchSchemaOf } from '#kube/patch/definition-schema.ts';
import { strategicMerge } from '#kube/patch/strategic-merge.ts';
import { hasDefinition } from '#kube/schema/definitions.ts';
import { parseYaml } from '#kube/schema/decode.ts';
import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { StatusError } from '#kube/status.ts';
import { patchTypes, type PatchType } from '#kube/client/options.ts';
import { bool, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  filenameFlags,
  filenames,
} from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, forEachInfo } from '#cli/kubectl/objects/find-objects.ts';
import { readTextFile } from '#cli/kubectl/objects/manifest-files.ts';
import type { AnyObject, Info } from '#cli/kubectl/objects/object-info.ts';
import { patchObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';

const flags = {
  ...filenameFlags,
  ...dryRunFlag,
  ...printFlags,
  ...fieldManagerFlag('kubectl-patch'),
  local: bool('Patch what the file says, and ask no server.'),
  patch: string('The patch, in JSON or YAML.', { short: 'p' }),
  'patch-file': string('File with the patch.'),
  subresource: string('Patch this subresource of the object.'),
  type: string('Kind of patch; one of [json merge strategic]', { initial: 'strategic' }),
};

type PatchCall = Call<KubectlContext, typeof flags>;

export const patchCommand = kubectlCommand({
  name: 'patch',
  use: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  short: 'Update fields of a resource',
  long: `Changes fields of an object by a strategic merge patch, a JSON merge patch or a JSON patch.

 JSON and YAML formats are accepted.`,
  examples: [
    ['A field of a node', `kubectl patch node node-1 -p '{"spec":{"unschedulable":true}}'`],
    [
      "A container's image; its name says which one",
      `kubectl patch pod web -p '{"spec":{"containers":[{"name":"main","image":"nginx:1.27"}]}}'`,
    ],
    [
      'The same by a JSON patch',
      `kubectl patch pod web --type=json -p='[{"op": "replace", "path": "/spec/containers/0/image", "value":"nginx:1.27"}]'`,
    ],
  ],
  flags,
  complete: completeResources,
  run: patch,
});

async function patch(call: PatchCall): Promise<void> {
  const { context, flags: given, args } = call;
  const dryRun = await dryRunOf(context, given['dry-run']);
  check(call, dryRun);
  const type = given.type.toLowerCase() as PatchType;
  const document = await patchDocument(call);
  const found = await findObjects(context, {
    args,
    files: filenames(given),
    subresource: given.subresource,
    local: given.local,
    flatten: true,
  });
  await forEachInfo(found, async (info) => {
    const { object } = info;
    if (!object) return;
    const isLocal = given.local || dryRun === 'client';
    const patched = isLocal
      ? patchLocally(info, object, document.value, type)
      : await send(call, info, document, { type, dryRun: dryRun === 'server' });
    const isSame = jsonEquals(object as unknown as Json, patched as unknown as Json);
    // Upstream's patch does not say when it was only tried.
    const operation = isSame ? 'patched (no change)' : 'patched';
    await context.out.write((await objectPrinter(context, given, operation)).print(patched));
  });
  if (found.infos.length === 0) throw failure('no objects passed to patch');
}

function check({ flags: given, args }: PatchCall, dryRun: string): void {
  const { type, local } = given;
  if (given.patch !== '' && given['patch-file'] !== '') {
    throw failure('cannot specify --patch and --patch-file together');
  }
  if (given.patch === '' && given['patch-file'] === '') {
    throw failure('must specify --patch or --patch-file containing the contents of the patch');
  }
  if (local && args.length > 0) throw failure('cannot specify --local and server resources');
  if (local && dryRun === 'server') {
    throw failure('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  }
  if (!Object.hasOwn(patchTypes, type.toLowerCase())) {
    throw failure(`--type must be one of [json merge strategic], not ${quote(type)}`);
  }
}

/** What is sent, and what it says; JSON goes as it is, whatever it is, and YAML as JSON. */
interface PatchDocument {
  text: string;
  value: Json;
}

async function patchDocument({ context, flags: given }: PatchCall): Promise<PatchDocument> {
  const isFile = given['patch-file'] !== '';
  let text = given.patch;
  if (isFile) {
    try {
      text = await readTextFile(context, given['patch-file']);
    } catch (error) {
      throw failure(`unable to read patch file: ${asSandglassError(error).message}`);
    }
  }
  try {
    const value = parseYaml(text).value as Json;
    return { text: JSON.stringify(value), value };
  } catch (error) {
    // apimachinery, pkg/util/yaml, ToJSON: what begins with a brace is not looked at
    if (/^\s*\{/.test(text)) return { text, value: null };
    throw failure(
      `unable to parse ${quote(given.patch)}: ${asSandglassError(error).message.replace('error converting YAML to JSON: ', '')}`,
    );
  }
}

async function send(
  { context, flags: given }: PatchCall,
  info: Info,
  { text }: PatchDocument,
  facts: { type: PatchType; dryRun: boolean },
): Promise<AnyObject> {
  try {
    return await patchObject(context, info, text, {
      ...facts,
      fieldManager: given['field-manager'],
      subresource: given.subresource || undefined,
    });
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 415) throw error;
    const { group, version, kind } = info.resource;
    throw failure(
      `${patchTypes[facts.type]} is not supported by ${group}/${version}, Kind=${kind}: ${error.message}`,
    );
  }
}

function patchLocally(
  { resource }: Info,
  object: AnyObject,
  document: Json,
  type: PatchType,
): AnyObject {
  const target = object as unknown as JsonObject;
  const result = (): Json => {
    if (type === 'json') return applyJsonPatch(target, document);
    if (type === 'merge') return mergePatch(target, document);
    const { group, version, kind, definition } = resource;
    if (!hasDefinition(definition)) {
      throw failure(
        `strategic merge patch is not supported for ${group}/${version}, Kind=${kind} locally, try --type merge`,
      );
    }
    return strategicMerge(target, document, patchSchemaOf(definition));
  };
  const patched = result();
  if (!isJsonObject(patched)) throw failure('the patch leaves no object');
  return patched;
}
