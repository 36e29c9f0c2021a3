import { formatJson, isObject, without } from '#cli/text/json.ts';
import { metadataOf, type AnyObject } from '#cli/kubectl/objects/object-info.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** What an earlier apply was given; `undefined` if there was none (kubectl, pkg/util/apply.go). */
export function lastApplied(object: AnyObject): Record<string, unknown> | undefined {
  const text = metadataOf(object).annotations?.[lastAppliedAnnotation];
  if (text === undefined || text === '') return undefined;
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : undefined;
}

/** The object with what it says itself kept in its annotation. */
export function withLastApplied(object: AnyObject): AnyObject {
  const annotations = without(metadataOf(object).annotations ?? {}, lastAppliedAnnotation);
  const metadata = { ...metadataOf(object), annotations };
  const text = `${formatJson({ ...object, metadata })}\n`;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } },
  };
}

/** Keeps the configuration where asked to, or where an earlier apply did so. */
export function maybeWithLastApplied(object: AnyObject, asked: boolean): AnyObject {
  return asked || lastApplied(object) !== undefined ? withLastApplied(object) : object;
}
