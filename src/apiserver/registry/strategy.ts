import type { StoredObject, Unstored } from './unstored.ts';

export interface DeleteRequest {
  gracePeriodSeconds: number | undefined;
}

/** What differs between the kinds when they are written (upstream: pkg/registry/…/strategy.go). */
export interface Strategy<T extends Unstored = Unstored> {
  /** An update of what is not there creates it. */
  allowCreateOnUpdate?: boolean;
  /** An update may come without a resource version, and then wins over whoever wrote last. */
  allowUnconditionalUpdate?: boolean;
  /** A delete answers with the object, not with a Status. */
  returnsDeleted?: boolean;
  prepareForCreate?: (object: T) => void;
  /** `previous` is frozen. */
  prepareForUpdate?: (next: T, previous: T) => void;
  prepareForStatusUpdate?: (next: T, previous: T) => void;
  /** For kinds that are deleted gracefully: the seconds that this one is given. */
  gracePeriod?: (object: T, request: DeleteRequest) => number;
  /** For kinds that end in their own way: the object on its way out; `undefined` to let it go at once. */
  terminate?: (object: StoredObject, now: string) => StoredObject | undefined;
  /** Whether an update may let one go that is being deleted; only metadata.finalizers keep it otherwise. */
  mayEnd?: (object: T) => boolean;
  /** The fields, beside name and namespace, that a field selector may name. */
  fields?: (object: T) => Record<string, string>;
  /** What a field selector with an unknown field is told. */
  unknownField?: (label: string) => string;
}

export function fieldsOf(strategy: Strategy, object: StoredObject): Record<string, string> {
  const { name, namespace = '' } = object.metadata;
  return {
    ...strategy.fields?.(object),
    'metadata.name': name,
    'metadata.namespace': namespace,
  };
}
