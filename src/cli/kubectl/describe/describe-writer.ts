import { escapeTerminal } from '#cli/kubectl/printing/escape-terminal.ts';
import { TabWriter, describeOptions } from '#cli/text/tab-writer.ts';
import { sortedEntries } from '#cli/text/json.ts';

/** Longer annotations stand on lines of their own, cut (kubectl, pkg/describe/describe.go). */
const maxAnnotationLength = 140;

/** Never shown: what kubectl apply keeps for itself. */
const skippedAnnotations = ['kubectl.kubernetes.io/last-applied-configuration'];

/** Text with names and values in two columns, at levels of indentation (PrefixWriter). */
export class DescribeWriter {
  readonly #writer = new TabWriter(describeOptions);
  #text = '';

  /** A line; tabs align. */
  line(level: number, text: string): void {
    this.raw(`${'  '.repeat(level)}${text}\n`);
  }

  /** `Name:  value` */
  field(level: number, name: string, value: string | number | boolean): void {
    this.line(level, `${name}:\t${value}`);
  }

  raw(text: string): void {
    this.#writer.write(escapeTerminal(text));
  }

  /** What follows is aligned for itself. */
  flush(): void {
    this.#text += this.#writer.flush();
  }

  toString(): string {
    this.flush();
    return this.#text;
  }

  /** One below the other, in order; `<none>` without any. */
  list(title: string, values: readonly string[]): void {
    this.raw(`${title}:\t`);
    this.raw(values.length === 0 ? '<none>\n' : `${values.join('\n\t')}\n`);
  }

  labels(title: string, labels: Readonly<Record<string, string>> | undefined): void {
    this.list(
      title,
      sortedEntries(labels ?? {}).map(([key, value]) => `${key}=${String(value)}`),
    );
  }

  annotations(annotations: Readonly<Record<string, string>> | undefined): void {
    const shown = sortedEntries(annotations ?? {}).filter(
      ([key]) => !skippedAnnotations.includes(key),
    );
    this.list(
      'Annotations',
      shown.map(([key, value]) => annotationText(key, String(value))),
    );
  }
}

function annotationText(key: string, annotation: string): string {
  const value = annotation.replace(/\n$/, '');
  const isShort = value.length + key.length + 2 <= maxAnnotationLength && !value.includes('\n');
  if (isShort) return `${key}: ${value}`;
  const lines = value.split('\n').map((line) => `\n\t  ${shorten(line, maxAnnotationLength - 2)}`);
  return `${key}:${lines.join('')}`;
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}
