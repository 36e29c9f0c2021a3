import { LineCounter, isMap, isScalar, parseDocument } from 'yaml';
import { type Place, contentError } from './content-error.ts';

/** What a key may hold, and the words for what it must. */
type Field = { type: 'text' } | { type: 'number' } | { type: 'choice'; of: readonly string[] };

type Value<F extends Field> = F extends { type: 'number' }
  ? number
  : F extends { type: 'choice'; of: readonly (infer T)[] }
    ? T
    : string;

/**
 * Reads YAML that must hold exactly these keys. `place` is that of the YAML's first line.
 * Throws a content error at the line of the first mistake.
 */
export function readFrontMatter<const Fields extends Record<string, Field>>(
  yaml: string,
  fields: Fields,
  place: Place,
): { [Key in keyof Fields]: Value<Fields[Key]> } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined): Place => ({
    file: place.file,
    line: (place.line ?? 1) + (offset === undefined ? 0 : lines.linePos(offset).line - 1),
  });
  const [error] = document.errors;
  if (error) throw contentError(at(error.pos[0]), `This is no YAML: ${error.message}`);
  const { contents } = document;
  if (!isMap(contents))
    throw contentError(place, `Expected keys: ${Object.keys(fields).join(', ')}.`);
  const values = new Map<string, unknown>();
  for (const { key, value } of contents.items) {
    const start = isScalar(key) ? key.range[0] : undefined;
    const name = isScalar(key) ? String(key.value) : '';
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) {
      throw contentError(
        at(start),
        `There is no key ${name}, only ${Object.keys(fields).join(', ')}.`,
      );
    }
    const plain = isScalar(value) ? value.value : undefined;
    const wrong = mistakeOf(plain, field);
    if (wrong !== undefined) throw contentError(at(start), `${name} ${wrong}.`);
    values.set(name, plain);
  }
  for (const name of Object.keys(fields)) {
    if (!values.has(name)) throw contentError(place, `The key ${name} is missing.`);
  }
  return Object.fromEntries(values) as { [Key in keyof Fields]: Value<Fields[Key]> };
}

function mistakeOf(value: unknown, field: Field): string | undefined {
  switch (field.type) {
    case 'number':
      return typeof value === 'number' && value > 0 ? undefined : 'must be a number above zero';
    case 'text':
      return typeof value === 'string' && value.trim() !== '' ? undefined : 'must be a text';
    case 'choice':
      return field.of.includes(value as string)
        ? undefined
        : `must be one of ${field.of.join(', ')}`;
  }
}
