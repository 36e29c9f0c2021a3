import { SandglassError } from '#base/errors.ts';
import {
  parseAllDocuments,
  parseDocument,
  type Document,
  type ParseOptions,
  type Tags,
} from 'yaml';
import { quote } from '#kube/go-text.ts';

/** A body as a value, and what a strict reader has against it. */
export interface ParsedBody {
  value: unknown;
  strictErrors: string[];
}

/** As Go's yaml.v2 under sigs.k8s.io/yaml: YAML 1.1 with its `yes` and `on`, but without timestamps and times of day. */
const options = {
  version: '1.1',
  merge: true,
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) =>
        typeof tag === 'string' ||
        !(tag.tag.endsWith(':timestamp') || ('format' in tag && tag.format === 'TIME')),
    ),
} as const satisfies ParseOptions & Record<string, unknown>;

/** One document. Throws `invalid-argument` in the words of sigs.k8s.io/yaml. */
export function parseYaml(text: string): ParsedBody {
  return bodyOf(parseDocument(text, { ...options, uniqueKeys: true }), text);
}

/** Every document of a file that is not empty, such as a manifest for `kubectl apply -f`. */
export function parseYamlDocuments(text: string): ParsedBody[] {
  const documents = parseAllDocuments(text, { ...options, uniqueKeys: true });
  return [...documents]
    .map((document) => bodyOf(document, text))
    .filter(({ value }) => value !== null);
}

function bodyOf(document: Document, text: string): ParsedBody {
  const strictErrors: string[] = [];
  for (const { code, message, linePos, pos } of document.errors) {
    const line = linePos?.[0].line ?? 0;
    if (code !== 'DUPLICATE_KEY') throw syntaxError(message, line);
    const key = /^[^:\s]*/.exec(text.slice(pos[0]))?.[0] ?? '';
    strictErrors.push(
      `yaml: unmarshal errors:\n  line ${line}: key ${quote(key)} already set in map`,
    );
  }
  return { value: document.toJS(), strictErrors };
}

function syntaxError(message: string, line: number): SandglassError {
  const reason = message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
  return new SandglassError(
    'invalid-argument',
    `error converting YAML to JSON: yaml: line ${line}: ${reason}`,
  );
}
