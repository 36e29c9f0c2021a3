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
    if (code !== 'DUPLICATE_KEY') throw syntaxError(goMessage(text, { code, message, line }));
    const key = /^[^:\s]*/.exec(text.slice(pos[0]))?.[0] ?? '';
    strictErrors.push(
      `yaml: unmarshal errors:\n  line ${line}: key ${quote(key)} already set in map`,
    );
  }
  return { value: document.toJS(), strictErrors };
}

function syntaxError(reason: string): SandglassError {
  return new SandglassError('invalid-argument', `error converting YAML to JSON: yaml: ${reason}`);
}

/** The most frequent mistakes as Go's parser puts them; others in our parser's words. */
function goMessage(
  text: string,
  { code, message, line }: { code: string; message: string; line: number },
): string {
  if (code === 'BLOCK_AS_IMPLICIT_KEY') {
    // Ours points to the key's line, Go's to the line of the colon too many.
    return `line ${line + 1}: mapping values are not allowed in this context`;
  }
  if (code === 'TAB_AS_INDENT') {
    return `line ${line}: found character that cannot start any token`;
  }
  const reason = message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
  return `line ${line}: ${reason}`;
}
