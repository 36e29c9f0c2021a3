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
  return yamlDocuments(text)
    .map((document) => bodyOf(document, text))
    .filter(({ value }) => value !== null);
}

/** Every document of a file with its mistakes and places, for who shows the text itself. */
export function yamlDocuments(text: string): Document[] {
  return [...parseAllDocuments(text, { ...options, uniqueKeys: true })];
}

/** What is wrong with a document's text. */
export interface YamlMistake {
  message: string;
  /** From the file's beginning, in UTF-16 units. */
  from: number;
  to: number;
  /** Only a strict reader minds. */
  isStrict: boolean;
}

export function mistakesIn(document: Document, text: string): YamlMistake[] {
  return document.errors.map(({ code, message, linePos, pos: [from, to] }) => {
    const line = linePos?.[0].line ?? 0;
    if (code !== 'DUPLICATE_KEY') {
      return {
        message: `yaml: ${goMessage(text, { code, message, line })}`,
        from,
        to,
        isStrict: false,
      };
    }
    const key = /^[^:\s]*/.exec(text.slice(from))?.[0] ?? '';
    const reason = `yaml: unmarshal errors:\n  line ${line}: key ${quote(key)} already set in map`;
    return { message: reason, from, to: from + key.length, isStrict: true };
  });
}

function bodyOf(document: Document, text: string): ParsedBody {
  const mistakes = mistakesIn(document, text);
  const syntax = mistakes.find(({ isStrict }) => !isStrict);
  if (syntax) throw syntaxError(syntax.message);
  return { value: document.toJS(), strictErrors: mistakes.map(({ message }) => message) };
}

function syntaxError(reason: string): SandglassError {
  return new SandglassError('invalid-argument', `error converting YAML to JSON: ${reason}`);
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
