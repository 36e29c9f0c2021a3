import { sleep } from '#base/clock.ts';
import {
  describeInfo,
  metadataOf,
  type AnyObject,
  type Info,
} from '#cli/kubectl/objects/object-info.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { withSource } from '#cli/kubectl/error-text.ts';
import { createObject, getObject, patchObject } from '#cli/kubectl/objects/request.ts';
import { waitForDeletion, waitLimit } from '#cli/kubectl/wait/until.ts';
import { formatJson, without } from '#cli/text/json.ts';
import { patchSchemaOf } from '#kube/patch/definition-schema.ts';
import type { Json, JsonObject } from '#kube/patch/json.ts';
import { mergePatch } from '#kube/patch/merge-patch.ts';
import { strategicMerge } from '#kube/patch/strategic-merge.ts';
import { hasDefinition } from '#kube/schema/definitions.ts';
import { isConflict, StatusError } from '#kube/status.ts';
import type { ApplyCall, ApplyFacts } from './apply-flags.ts';
import { deleteOne, policyOf } from './delete.ts';
import { lastApplied } from './last-applied.ts';
import { threeWayMergePatch, threeWayStrategicPatch } from './three-way-patch.ts';

interface PatchSubject {
  current: AnyObject;
  modified: AnyObject;
  facts: ApplyFacts;
}

interface Patched {
  patch: string;
  object: AnyObject;
}

/** Numbers of kubectl, pkg/cmd/apply/patcher.go. */
const maxPatchRetry = 5;
const triesBeforeBackOff = 1;
const backOff = 1000;

/** Patches an object as it is now to what it shall be; with --force, replaces what cannot be patched. */
export async function patchRetrying(
  call: ApplyCall,
  info: Info,
  subject: PatchSubject,
): Promise<Patched> {
  const { context } = call;
  let { current } = subject;
  for (let attempt = 1; ; attempt++) {
    const made = patchOf(info, current, subject.modified);
    try {
      return await send(context, info, { ...subject, current }, made);
    } catch (error) {
      if (isConflict(error) && attempt <= maxPatchRetry) {
        if (attempt > triesBeforeBackOff) await sleep(context.clock, backOff, context.signal);
        current = await getObject(context, info);
        continue;
      }
      const isInvalid = error instanceof StatusError && error.status.reason === 'Invalid';
      if (call.flags.force && (isInvalid || isConflict(error))) {
        return { patch: made.text, object: await replace(call, info, current, subject) };
      }
      const verb = `applying patch:\n${made.text}\nto:\n${describeInfo(info)}\nfor:`;
      throw withSource(verb, info.source, withSource('patching', info.source, error));
    }
  }
}

interface MadePatch {
  text: string;
  patch: JsonObject;
  type: 'strategic' | 'merge';
}

function patchOf({ resource }: Info, current: AnyObject, modified: AnyObject): MadePatch {
  const ways = {
    original: (lastApplied(current) ?? {}) as JsonObject,
    modified: modified as unknown as JsonObject,
    current: current as unknown as JsonObject,
  };
  const isKnown = hasDefinition(resource.definition);
  const patch = isKnown
    ? threeWayStrategicPatch(ways, patchSchemaOf(resource.definition))
    : threeWayMergePatch(ways);
  return { text: formatJson(patch), patch, type: isKnown ? 'strategic' : 'merge' };
}

async function send(
  context: KubectlContext,
  info: Info,
  { current, facts: { dryRun, fieldManager, fieldValidation } }: PatchSubject,
  { text, patch, type }: MadePatch,
): Promise<Patched> {
  if (text === '{}') return { patch: text, object: current };
  if (dryRun === 'client') {
    const local = current as unknown as JsonObject;
    const patched: Json =
      type === 'strategic'
        ? strategicMerge(local, patch, patchSchemaOf(info.resource.definition))
        : mergePatch(local, patch);
    return { patch: text, object: patched as unknown as AnyObject };
  }
  const object = await patchObject(context, info, text, {
    type,
    fieldManager,
    fieldValidation,
    dryRun: dryRun === 'server',
  });
  return { patch: text, object };
}

/** Deletes the object and creates it as it shall be; puts the old one back if that fails. */
async function replace(
  { context, flags: given }: ApplyCall,
  info: Info,
  current: AnyObject,
  { modified, facts }: PatchSubject,
): Promise<AnyObject> {
  const uid = await deleteOne(context, info, {
    gracePeriod: given['grace-period'],
    propagationPolicy: policyOf(given.cascade),
    dryRun: 'none',
    output: '',
    quiet: true,
  });
  await waitForDeletion(context, info, {
    uid,
    timeout: given.timeout === 0 ? waitLimit : given.timeout,
  });
  const { fieldManager, fieldValidation } = facts;
  const rest = { fieldManager, fieldValidation };
  try {
    return await createObject(context, info, modified, rest);
  } catch (error) {
    const metadata = without(metadataOf(current), 'resourceVersion', 'uid');
    await createObject(context, info, { ...current, metadata }, rest);
    throw withSource('patching', info.source, error);
  }
}
