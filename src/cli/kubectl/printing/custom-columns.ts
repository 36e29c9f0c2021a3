import { failure } from '#cli/command/errors.ts';
import { JsonPath } from '#cli/jsonpath/jsonpath.ts';
import { isList, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { goText } from '#cli/text/go-value.ts';
import { TabWriter, tableOptions } from '#cli/text/tab-writer.ts';
import { escapeTerminal } from './escape-terminal.ts';
import { relaxedJsonPath } from './jsonpath-printer.ts';
import type { ObjectPrinter } from './printer.ts';

interface Column {
  header: string;
  path: JsonPath;
}

/** Of `NAME:.metadata.name,IMAGE:.spec.containers[*].image` (kubectl, pkg/cmd/get/customcolumn.go). */
export function customColumnsPrinter(spec: string, noHeaders: boolean): ObjectPrinter {
  const columns = spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) {
      throw failure(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    return column(part.slice(0, colon), part.slice(colon + 1));
  });
  return new CustomColumnsPrinter(columns, noHeaders);
}

/** Of a file with a line of headers and one of paths. */
export function customColumnsFilePrinter(text: string): ObjectPrinter {
  const lines = text.split('\n');
  const shape =
    'Expected format is one line of space separated headers, one line of space separated column specs.';
  if (text === '') throw failure(`invalid template, missing header line. ${shape}`);
  if ((lines[1] ?? '') === '') throw failure(`invalid template, missing spec line. ${shape}`);
  const words = (line: string | undefined) =>
    (line ?? '').split(/\s+/).filter((word) => word !== '');
  const [headers, specs] = [words(lines[0]), words(lines[1])];
  if (headers.length !== specs.length) {
    throw failure(
      `number of headers (${headers.length}) and field specifications (${specs.length}) don't match`,
    );
  }
  return new CustomColumnsPrinter(
    headers.map((header, at) => column(header, specs[at] ?? '')),
    false,
  );
}

function column(header: string, spec: string): Column {
  return { header, path: new JsonPath(relaxedJsonPath(spec), { allowMissingKeys: true }) };
}

class CustomColumnsPrinter implements ObjectPrinter {
  readonly #columns: readonly Column[];
  readonly #writer = new TabWriter(tableOptions);
  #needsHeader: boolean;

  constructor(columns: readonly Column[], noHeaders: boolean) {
    this.#columns = columns;
    this.#needsHeader = !noHeaders;
  }

  print(object: AnyObject): string {
    if (this.#needsHeader) {
      this.#needsHeader = false;
      this.#writer.write(`${this.#columns.map(({ header }) => header).join('\t')}\n`);
    }
    for (const item of isList(object) ? object.items : [object]) {
      this.#writer.write(`${this.#columns.map(({ path }) => cell(path, item)).join('\t')}\n`);
    }
    return this.#writer.flush();
  }
}

function cell(path: JsonPath, object: AnyObject): string {
  const values = path.find(object);
  const first = values[0] ?? [];
  const texts = values.flat().map((value) => escapeTerminal(goText(value)));
  return [...(first.length === 0 ? ['<none>'] : []), ...texts].join(',');
}
