import { SandglassError } from '#base/errors.ts';
import type { Clock } from '#base/clock.ts';
import {
  alreadyExists,
  conflict,
  invalid,
  modifiedText,
  notFound,
  statusError,
  success,
} from '#kube/status.ts';
import { semanticEqual } from '#kube/equality.ts';
import type { Resource } from '#kube/resources.ts';
import { timeNow } from '#kube/time.ts';
import type { DeleteOptions, Status } from '#kube/types.ts';
import { field } from '#kube/validation/field-path.ts';
import { invalid as invalidValue, type FieldError } from '#kube/validation/field-error.ts';
import { quote } from '#kube/go-text.ts';
import type { Store, Unversioned } from '#apiserver/storage/store.ts';
import { keyOf } from '#apiserver/storage/stored-object.ts';
import { beginDeletion, markDeleted } from './deletion.ts';
import { strategyOf } from './strategies.ts';
import type { Strategy } from './strategy.ts';
import { generateName, newUid } from './uid.ts';
import type { StoredObject, Unstored } from './unstored.ts';

export interface Target {
  namespace: string | undefined;
  name: string;
}

export interface Write {
  dryRun?: boolean;
}

export interface Update extends Write {
  subresource?: 'status' | 'binding' | 'finalize' | undefined;
  /** Told the finished object, beside what it replaces; says what is wrong with it. */
  validate: (next: Unstored, previous: StoredObject) => readonly FieldError[];
}

export interface Deleted {
  /** The object, or a Status, as the kind answers deletes. */
  result: StoredObject | Status;
  object: StoredObject;
  /** It is gone, rather than on its way. */
  gone: boolean;
}

const maxGeneratedNames = 8;

/**
 * One kind's objects in the store with the rules of writing them (upstream:
 * apiserver/pkg/registry/generic/registry/store.go). Each call is one transaction: none awaits.
 */
export class Registry {
  readonly resource: Resource;
  readonly strategy: Strategy;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #collection: string;

  constructor(resource: Resource, collection: string, store: Store, clock: Clock) {
    this.resource = resource;
    this.strategy = strategyOf(resource);
    this.#store = store;
    this.#clock = clock;
    this.#collection = collection;
  }

  get({ namespace, name }: Target): StoredObject {
    const object = this.#store.get(this.#collection, keyOf(namespace, name));
    if (!object) throw notFound(this.resource, name);
    return object;
  }

  /** Stores a new object; `validate` sees it finished. */
  create(
    given: Unstored,
    validate: (object: Unstored) => readonly FieldError[],
    { dryRun = false }: Write = {},
  ): StoredObject {
    const { generateName: base = '', name = '' } = given.metadata;
    if (name !== '' || base === '') return this.#create(given, validate, dryRun);
    for (let attempt = 1; ; attempt++) {
      const metadata = { ...given.metadata, name: generateName(base) };
      try {
        return this.#create({ ...structuredClone(given), metadata }, validate, dryRun);
      } catch (thrown) {
        const isTaken = thrown instanceof SandglassError && thrown.code === 'already-exists';
        if (!isTaken || attempt === maxGeneratedNames) throw thrown;
      }
    }
  }

  /** Replaces an object by what `change` makes of it. The object that `change` is given is frozen. */
  update(
    target: Target,
    change: (current: StoredObject) => Unstored,
    update: Update,
  ): StoredObject {
    const { namespace, name } = target;
    const key = keyOf(namespace, name);
    const previous = this.#store.get(this.#collection, key);
    if (!previous) throw notFound(this.resource, name);
    const next = change(previous);
    this.#checkPreconditions(next, previous, name);
    this.#prepareForUpdate(next, previous, update.subresource);
    const errors = update.validate(next, previous);
    if (errors.length > 0) throw invalid(this.resource, next.metadata.name ?? '', errors);
    const isFreed = isDeletedByUpdate(next, previous) && (this.strategy.mayEnd?.(next) ?? true);
    if (update.dryRun) return withVersion(next, previous);
    if (isFreed) {
      this.#store.delete(this.#collection, key);
      return withVersion(next, previous);
    }
    // Writing what is there already is no write (upstream: etcd3/store.go, GuaranteedUpdate).
    if (semanticEqual(next, previous)) return previous;
    return this.#store.update(this.#collection, key, next as Unversioned);
  }

  /** Begins to delete, or deletes at once what needs no farewell (upstream: Store.Delete). */
  delete(target: Target, options: DeleteOptions): Deleted {
    const key = keyOf(target.namespace, target.name);
    const current = this.get(target);
    this.#checkDeletePreconditions(options, current);
    const dryRun = (options.dryRun ?? []).length > 0;
    const deletion = beginDeletion(this.strategy, current, options, this.#clock.wallTime());
    if (deletion === 'pending') return this.#deleted(current, false);
    const hasFinalizers = (current.metadata.finalizers ?? []).length > 0;
    const now = timeNow(this.#clock);
    const terminating = this.strategy.terminate?.(current, now);
    const marked =
      deletion ?? terminating ?? (hasFinalizers ? markDeleted(current, now) : undefined);
    const grace = marked?.metadata.deletionGracePeriodSeconds ?? 0;
    const waits = hasFinalizers || terminating !== undefined || grace > 0;
    if (dryRun) return this.#deleted(marked ?? current, !waits);
    const updated =
      marked && !semanticEqual(marked, current)
        ? this.#store.update(this.#collection, key, marked)
        : current;
    if (waits) return this.#deleted(updated, false);
    return this.#deleted(this.#store.delete(this.#collection, key), true);
  }

  /** Removes without asking anyone, as the age of an event does. */
  remove(target: Target): StoredObject {
    return this.#store.delete(this.#collection, keyOf(target.namespace, target.name));
  }

  #create(
    given: Unstored,
    validate: (object: Unstored) => readonly FieldError[],
    dryRun: boolean,
  ): StoredObject {
    const object = given;
    object.metadata.uid = newUid();
    object.metadata.creationTimestamp = timeNow(this.#clock);
    this.strategy.prepareForCreate?.(object);
    const errors = validate(object);
    if (errors.length > 0) throw invalid(this.resource, object.metadata.name ?? '', errors);
    if ((object.metadata.resourceVersion ?? '') !== '') {
      throw setOnCreate();
    }
    const { namespace, name = '' } = object.metadata;
    const key = keyOf(namespace, name);
    const existing = this.#store.get(this.#collection, key);
    if (existing) throw this.#taken(existing, given);
    if (dryRun) return object as StoredObject;
    return this.#store.create(this.#collection, key, object as Unversioned);
  }

  #taken(existing: StoredObject, given: Unstored): Error {
    const { name } = existing.metadata;
    const error = alreadyExists(this.resource, name);
    const { message = '' } = error.status;
    if ((given.metadata.generateName ?? '') !== '' && given.metadata.generateName !== undefined) {
      return statusError({
        ...error.status,
        message: `${message}, the server was not able to generate a unique name for the object`,
        details: { ...error.status.details, retryAfterSeconds: 1 },
      });
    }
    if (existing.metadata.deletionTimestamp === undefined) return error;
    return statusError({ ...error.status, message: `object is being deleted: ${message}` });
  }

  #checkPreconditions(next: Unstored, previous: StoredObject, name: string): void {
    const { uid = '', resourceVersion = '' } = next.metadata;
    if (uid !== '' && uid !== previous.metadata.uid) {
      const why = `StorageError: invalid object, Code: 4, Key: ${keyOf(previous.metadata.namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`;
      throw conflict(this.resource, name, why);
    }
    if (resourceVersion === '') {
      if (this.strategy.allowUnconditionalUpdate) return;
      const { group, resource } = this.resource;
      const error = invalidValue(
        field('metadata', 'resourceVersion'),
        0,
        'must be specified for an update',
      );
      throw invalid({ group, kind: resource }, name, [error]);
    }
    if (!/^\d+$/.test(resourceVersion)) {
      const why = `strconv.ParseUint: parsing ${quote(resourceVersion)}: invalid syntax`;
      const error = invalidValue(field('metadata', 'resourceVersion'), resourceVersion, why);
      throw invalid(this.resource, name, [error]);
    }
    if (resourceVersion !== previous.metadata.resourceVersion) {
      throw conflict(this.resource, name, modifiedText);
    }
  }

  /** upstream: apiserver/pkg/registry/rest/update.go, BeforeUpdate */
  #prepareForUpdate(next: Unstored, previous: StoredObject, subresource: string | undefined): void {
    const { metadata } = next;
    const old = previous.metadata;
    if (old.generation === undefined) delete metadata.generation;
    else metadata.generation = old.generation;
    // The other subresources have made exactly the change that they stand for.
    if (subresource === 'status') this.strategy.prepareForStatusUpdate?.(next, previous);
    if (subresource === undefined) this.strategy.prepareForUpdate?.(next, previous);
    metadata.uid = old.uid;
    metadata.creationTimestamp = old.creationTimestamp;
    metadata.resourceVersion = old.resourceVersion;
    if (old.deletionTimestamp === undefined) delete metadata.deletionTimestamp;
    else metadata.deletionTimestamp = old.deletionTimestamp;
    if (old.deletionGracePeriodSeconds === undefined) delete metadata.deletionGracePeriodSeconds;
    else metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  }

  #checkDeletePreconditions({ preconditions }: DeleteOptions, { metadata }: StoredObject): void {
    const { uid, resourceVersion } = preconditions ?? {};
    const { group, kind } = this.resource;
    const subject = { group, resource: kind };
    if (uid !== undefined && uid !== metadata.uid) {
      const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
      throw conflict(subject, metadata.name, why);
    }
    if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
      const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
      throw conflict(subject, metadata.name, why);
    }
  }

  #deleted(object: StoredObject, gone: boolean): Deleted {
    const { name, uid } = object.metadata;
    const { group, resource } = this.resource;
    const details = { name, ...(group === '' ? {} : { group }), kind: resource, uid };
    const answersObject = this.strategy.returnsDeleted === true || !gone;
    return { result: answersObject ? object : success(details), object, gone };
  }
}

/** An update that takes the last finalizer away lets a deleted object go (upstream: ShouldDeleteDuringUpdate). */
function isDeletedByUpdate(next: Unstored, previous: StoredObject): boolean {
  if ((next.metadata.finalizers ?? []).length > 0) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = previous.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
}

function withVersion(next: Unstored, previous: StoredObject): StoredObject {
  const { resourceVersion } = previous.metadata;
  return { ...next, metadata: { ...next.metadata, resourceVersion } } as StoredObject;
}

/** upstream: storage.ErrResourceVersionSetOnCreate, which nothing turns into an API error. */
function setOnCreate(): Error {
  return statusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'resourceVersion should not be set on objects to be created',
    code: 500,
  });
}
