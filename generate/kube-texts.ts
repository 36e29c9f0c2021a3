import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Descriptions with their line breaks, and those of fields that hold a struct: the client package has
 * neither. From kubernetes-types, made from the same OpenAPI document, of Kubernetes 1.30.
 */
export type Texts = ReadonlyMap<string, ReadonlyMap<string, string>>;

const folder = dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'));

const files: Readonly<Record<string, string>> = {
  'io.k8s.api.core.v1': 'core/v1.d.ts',
  'io.k8s.api.coordination.v1': 'coordination/v1.d.ts',
  'io.k8s.api.events.v1': 'events/v1.d.ts',
  'io.k8s.api.node.v1': 'node/v1.d.ts',
  'io.k8s.apimachinery.pkg.apis.meta.v1': 'meta/v1.d.ts',
};

/** Of one package, by interface and field; the interface's own under the empty name. */
export function loadTexts(packageName: string): Texts {
  const file = files[packageName];
  if (file === undefined) return new Map();
  const source = readFileSync(join(folder, file), 'utf8');
  const found = new Map<string, Map<string, string>>();
  const block = /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?export interface (\w+) \{\n([^]*?)\n\}/g;
  for (const [, comment, name = '', body = ''] of source.matchAll(block)) {
    const texts = new Map<string, string>();
    if (comment !== undefined) texts.set('', plainText(comment));
    const field = /\/\*\*((?:(?!\*\/)[^])*)\*\/\n\s*(\w+)\??:/g;
    for (const [, text = '', fieldName = ''] of body.matchAll(field)) {
      texts.set(fieldName, plainText(text));
    }
    found.set(name, texts);
  }
  return found;
}

/** A comment without its stars. */
function plainText(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

/** The better of the two texts for one field. */
export function mergeText(
  current: string | undefined,
  fuller: string | undefined,
): string | undefined {
  if (fuller === undefined || current === undefined) return fuller ?? current;
  return fuller.replaceAll('\n', ' ').trim() === current ? fuller : current;
}
