import type { KubeObject } from '#kube/types.ts';
import { validateCreate, validateStatusUpdate, validateUpdate } from '#kube/validation/validate.ts';
import type { StoredObject, Unstored } from '#apiserver/registry/unstored.ts';
import type { ApiContext } from './context.ts';
import {
  checkName,
  decodeObject,
  incomingObject,
  placeInNamespace,
  wipeSystemFields,
} from './incoming.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { writeOptions, type WriteOptions } from './options.ts';
import { readPatch } from './patch.ts';
import { recordWrite, type WriteVerb } from './record-write.ts';
import { targetOf, type Scope } from './scope.ts';

/** A write's answer. */
export interface Written {
  code: number;
  object: KubeObject;
}

export async function create(context: ApiContext, scope: Scope): Promise<Written> {
  const { resource, path } = scope;
  if (resource.namespaced && path.namespace === undefined) throw methodNotAllowed();
  const options = writeOptions(scope.query, 'CreateOptions');
  const object = await incomingObject(scope, options.fieldValidation);
  placeInNamespace(scope, object);
  return store(context, scope, object, options, 'create');
}

/** Replaces an object, or its status; creates one where the kind allows it. */
export async function update(context: ApiContext, scope: Scope): Promise<Written> {
  const options = writeOptions(scope.query, 'UpdateOptions');
  const object = await incomingObject(scope, options.fieldValidation);
  checkName(scope, object);
  placeInNamespace(scope, object);
  const { strategy } = scope.served.registry;
  const mayCreate = strategy.allowCreateOnUpdate === true && scope.path.subresource === undefined;
  if (mayCreate && !context.store.get(scope.served.collection, keyIn(scope))) {
    delete object.metadata.resourceVersion;
    return store(context, scope, object, options, 'update');
  }
  return replace(context, scope, () => object, options, 'update');
}

export async function patch(context: ApiContext, scope: Scope): Promise<Written> {
  const apply = await readPatch(scope);
  const options = writeOptions(scope.query, 'PatchOptions');
  const change = (current: StoredObject) => {
    const text = apply(current, options.fieldValidation);
    const object = decodeObject(scope, text, 'Ignore');
    placeInNamespace(scope, object);
    checkName(scope, object);
    return object;
  };
  return replace(context, scope, change, options, 'patch');
}

function keyIn({ path }: Scope): string {
  return path.namespace === undefined ? (path.name ?? '') : `${path.namespace}/${path.name ?? ''}`;
}

function store(
  context: ApiContext,
  scope: Scope,
  object: Unstored,
  { dryRun }: WriteOptions,
  verb: WriteVerb,
): Written {
  const { served, resource } = scope;
  const asSent = (finished: Unstored) => served.fromStored(finished as StoredObject);
  wipeSystemFields(object);
  context.admission.admitCreate(resource, object);
  const stored = served.registry.create(
    served.toStored(object),
    (finished) => validateCreate(asSent(finished)),
    { dryRun },
  );
  if (!dryRun) recordWrite(context, scope, verb, stored, 201);
  return { code: 201, object: served.fromStored(stored) };
}

function replace(
  context: ApiContext,
  scope: Scope,
  change: (current: StoredObject) => Unstored,
  { dryRun }: WriteOptions,
  verb: WriteVerb,
): Written {
  const { served, resource, path } = scope;
  const subresource = path.subresource === 'status' ? 'status' : undefined;
  // The rules are those of the version that the client speaks.
  const asSent = (finished: Unstored) => served.fromStored(finished as StoredObject);
  const before = context.store.revision;
  const stored = served.registry.update(
    targetOf(scope),
    (current) => {
      const object = change(served.fromStored(current) as StoredObject);
      if (!subresource) context.admission.admitUpdate(resource, object, current);
      return served.toStored(object);
    },
    {
      subresource,
      dryRun,
      validate: (next, previous) =>
        subresource
          ? validateStatusUpdate(asSent(next), asSent(previous))
          : validateUpdate(asSent(next), asSent(previous)),
    },
  );
  if (context.store.revision !== before) recordWrite(context, scope, verb, stored, 200);
  return { code: 200, object: served.fromStored(stored) };
}
