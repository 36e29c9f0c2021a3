/**
 * Writes the schema of the kinds that the API server serves, out of the models of the official
 * client package (@kubernetes/client-node): src/kube/types.generated.ts,
 * src/kube/schema/definitions.json (shapes) and descriptions.json (texts, for OpenAPI only).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import {
  quantityFields,
  handWritten,
  packages,
  rootModels,
  type Definition,
} from './kube-facts.ts';
import { alwaysWritten, neverForced, pointerFields } from './go-facts.ts';
import { loadModel, type Model } from './kube-models.ts';
import { loadTexts, mergeText } from './kube-texts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface GeneratedFile {
  path: string;
  text: string;
}

/** All generated files, from the roots to whatever they refer to. */
export async function generateKubeSchema(): Promise<GeneratedFile[]> {
  const models = await collectModels();
  const definitions: Record<string, Definition> = {};
  const descriptions: Record<string, Record<string, string>> = {};
  for (const model of models) {
    const name = shortName(model.name);
    definitions[name] = define(model, name);
    descriptions[name] = textsOf(model, name, definitions[name].package);
  }
  for (const { name, definition, texts } of handWritten) {
    definitions[name] = definition;
    descriptions[name] = texts;
  }
  return [
    {
      path: 'src/kube/types.generated.ts',
      text: await format(typesText(definitions), {
        parser: 'typescript',
        printWidth: 100,
        singleQuote: true,
      }),
    },
    { path: 'src/kube/schema/definitions.json', text: lines(definitions) },
    { path: 'src/kube/schema/descriptions.json', text: lines(descriptions) },
  ];
}

/** What client-node gives in place of a text of the field's own. */
const wrapperTexts = ['MicroTime is version of Time', 'IntOrString is a type that can hold'];

function textsOf(model: Model, name: string, packageName: string): Record<string, string> {
  const fuller = loadTexts(packageName).get(name.replace(/^EventsV1/, ''));
  const texts: Record<string, string> = {};
  const own = mergeText(model.description || undefined, fuller?.get(''));
  if (own !== undefined) texts[''] = own;
  for (const { baseName } of model.attributes) {
    const current = model.descriptions.get(baseName);
    const isWrapper = wrapperTexts.some((start) => current?.startsWith(start));
    const text = mergeText(isWrapper ? undefined : current, fuller?.get(baseName));
    if (text !== undefined) texts[baseName] = text;
  }
  return texts;
}

async function collectModels(): Promise<Model[]> {
  const models = new Map<string, Model>();
  const queue: string[] = [...rootModels];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (models.has(name)) continue;
    const model = await loadModel(name);
    models.set(name, model);
    for (const { type } of model.attributes) {
      const referred = modelIn(type);
      if (referred !== undefined) queue.push(referred);
    }
  }
  return [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The model that a type such as `Array<V1Container>` refers to. */
function modelIn(type: string): string | undefined {
  const name = /\b((?:Core|Events)?V1\w+)\b/.exec(type)?.[1];
  return name === 'V1MicroTime' ? undefined : name;
}

/** `V1Pod` → `Pod`, `CoreV1Event` → `Event`; what events.k8s.io has too keeps its group: `EventsV1Event`. */
function shortName(model: string): string {
  return model.startsWith('EventsV1') ? model : model.replace(/^(Core)?V1/, '');
}

function define(model: Model, name: string): Definition {
  const fields: Record<string, string> = {};
  for (const { baseName, type, format: typeFormat } of model.attributes) {
    const quantity = quantityFields.has(`${name}.${baseName}`);
    const required = model.required.has(baseName);
    fields[baseName] = [
      isPointer(name, baseName) ? '*' : '',
      fieldType(type, typeFormat, quantity),
      required ? '!' : '',
      isAlwaysWritten(name, baseName, required) ? '=' : '',
    ].join('');
  }
  const found = Object.entries(packages).find(([, names]) => names.includes(name));
  return { package: found?.[0] ?? 'io.k8s.api.core.v1', fields };
}

/** An ephemeral container embeds a container's fields. */
function goOwner(definition: string): string {
  return definition === 'EphemeralContainer' ? 'Container' : definition;
}

function isPointer(definition: string, field: string): boolean {
  return pointerFields[goOwner(definition)]?.includes(field) ?? false;
}

function isAlwaysWritten(definition: string, field: string, required: boolean): boolean {
  if (field === 'metadata') return true;
  if (alwaysWritten[goOwner(definition)]?.includes(field)) return true;
  return required && !neverForced.has(`${definition}.${field}`);
}

/** A type in Go's notation, which is how the API server's own messages name it. */
function fieldType(type: string, typeFormat: string, quantity: boolean): string {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  if (element !== undefined) return `[]${fieldType(element, typeFormat, quantity)}`;
  const value = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (value !== undefined) return `map[string]${fieldType(value, typeFormat, quantity)}`;
  if (quantity) return 'quantity';
  switch (type) {
    case 'string':
      return typeFormat === 'byte' ? 'bytes' : 'string';
    case 'number':
      return typeFormat;
    case 'boolean':
      return 'bool';
    case 'Date':
      return 'time';
    case 'V1MicroTime':
      return 'microtime';
    case 'IntOrString':
      return 'intstr';
    case 'any':
      return 'any';
    default:
      return shortName(type);
  }
}

const nullableTime = /^(micro)?time=$/;

function typesText(definitions: Readonly<Record<string, Definition>>): string {
  const interfaces = Object.entries(definitions).map(([name, { fields }]) => {
    const members = Object.entries(fields).map(([field, type]) => {
      const required = type.includes('!');
      // Go writes null for a time that is not set and has no omitzero.
      const orNull =
        nullableTime.test(type) || (name === 'EventsV1Event' && field === 'eventTime')
          ? ' | null'
          : '';
      return `${field}${required ? '' : '?'}: ${typeScriptType(type.replaceAll(/[*!=]/g, ''))}${orNull};`;
    });
    return `export interface ${name} {\n${members.join('\n')}\n}`;
  });
  return `/* eslint-disable max-lines */
// Generated by \`npm run generate\` from @kubernetes/client-node's models; see generate/kube-schema.ts.

${interfaces.join('\n\n')}
`;
}

function typeScriptType(type: string): string {
  if (type.startsWith('[]')) return `${typeScriptType(type.slice(2))}[]`;
  if (type.startsWith('map[string]')) return `Record<string, ${typeScriptType(type.slice(11))}>`;
  switch (type) {
    case 'string':
    case 'bytes':
    case 'quantity':
    case 'time':
    case 'microtime':
      return 'string';
    case 'int32':
    case 'int64':
    case 'double':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'intstr':
      return '(number | string)';
    case 'any':
      return 'unknown';
    default:
      return type;
  }
}

/** One definition a line: diffs stay readable and the file small. */
function lines(table: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{\n${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',\n')}\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of await generateKubeSchema()) {
    const target = join(root, path);
    // Left alone if it is the same: others may be reading it.
    const current = existsSync(target) ? readFileSync(target, 'utf8') : undefined;
    if (current !== text) writeFileSync(target, text);
  }
}
