import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One attribute as @kubernetes/client-node's generated models describe it. */
interface Attribute {
  baseName: string;
  type: string;
  format: string;
}

/** A model: its attributes from the JavaScript, descriptions and required fields from the typings. */
export interface Model {
  name: string;
  description: string;
  attributes: readonly Attribute[];
  required: ReadonlySet<string>;
  descriptions: ReadonlyMap<string, string>;
}

// The package's entry point pulls in an HTTP client that Node.js 20 cannot load; the models stand alone.
const entry = createRequire(import.meta.url).resolve('@kubernetes/client-node');
const modelsFolder = join(dirname(entry), 'gen', 'models');

export async function loadModel(name: string): Promise<Model> {
  const path = join(modelsFolder, `${name}.js`);
  const module = (await import(pathToFileURL(path).href)) as Record<
    string,
    { attributeTypeMap: Attribute[] }
  >;
  const model = module[name];
  if (!model) throw new Error(`${path} has no class ${name}.`);
  const typings = readFileSync(join(modelsFolder, `${name}.d.ts`), 'utf8');
  return { name, attributes: model.attributeTypeMap, ...readTypings(typings) };
}

function readTypings(text: string) {
  const [head = '', body = ''] = text.split('export declare class', 2);
  const description = /\/\*\*\s*\n\*\s*(.*)\n\*\/\s*$/.exec(head)?.[1] ?? '';
  const required = new Set<string>();
  const descriptions = new Map<string, string>();
  const property = /(?:\/\*\*\n\s*\*\s*(.*)\n\s*\*\/\n\s*)?'(\w[\w$-]*)'(\??): /g;
  for (const [, comment, name = '', optional] of body.matchAll(property)) {
    if (!optional) required.add(name);
    if (comment) descriptions.set(name, unescape(comment));
  }
  return { description: unescape(description), required, descriptions };
}

function unescape(text: string): string {
  return text.replaceAll(/\\(['"\\])/g, '$1').trim();
}
