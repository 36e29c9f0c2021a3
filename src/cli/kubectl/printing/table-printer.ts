import { sortedEntries } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';
import { humanDuration } from '#kube/human-duration.ts';
import { parseTime } from '#kube/time.ts';
import { isList, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { escapeTerminal } from './escape-terminal.ts';
import { isTable, metadataOfRow, type Table, type TableColumn, type TableRow } from './table.ts';

export interface TableStyle {
  noHeaders: boolean;
  wide: boolean;
  withNamespace: boolean;
  /** Put before names, as several kinds are printed. */
  kind: string | undefined;
  labelColumns: readonly string[];
  showLabels: boolean;
}

const eventTypes: Readonly<Record<string, string>> = {
  ADDED: 'ADDED   ',
  MODIFIED: 'MODIFIED',
  DELETED: 'DELETED ',
  ERROR: 'ERROR   ',
};

/** What the server's tables become, cells with tabs between (cli-runtime, pkg/printers/tableprinter.go). */
export class TablePrinter {
  readonly #style: TableStyle;
  readonly #now: () => number;
  #columns: readonly TableColumn[] = [];
  #hasHeaders = false;

  constructor(style: TableStyle, now: () => number) {
    this.#style = style;
    this.#now = now;
  }

  /** `event` is the watch's word for what happened. */
  print(object: AnyObject, event?: string): string {
    const table = isTable(object) ? object : this.#tableOf(object);
    const columns = table.columnDefinitions ?? [];
    const rows = table.rows ?? [];
    const isSame = columns.length === 0 || sameColumns(columns, this.#columns);
    const noHeaders = this.#style.noHeaders || (this.#hasHeaders && isSame);
    if (!isSame) {
      this.#columns = columns;
      this.#hasHeaders = false;
    }
    if (rows.length > 0) this.#hasHeaders = true;
    return this.#text(rows, noHeaders, event);
  }

  #text(rows: readonly TableRow[], noHeaders: boolean, event: string | undefined): string {
    if (rows.length === 0) return '';
    const before = [
      ...(event === undefined ? [] : ['EVENT']),
      ...(this.#style.withNamespace ? ['NAMESPACE'] : []),
    ];
    const headers = [
      ...before,
      ...this.#visible(this.#columns.map(({ name }) => name.toUpperCase())),
      ...this.#style.labelColumns.map((label) => (label.split('/').at(-1) ?? '').toUpperCase()),
      ...(this.#style.showLabels ? ['LABELS'] : []),
    ];
    const lines = rows.map((row) => this.#row(row, event).join('\t'));
    return `${[...(noHeaders ? [] : [headers.join('\t')]), ...lines].join('\n')}\n`;
  }

  #row(row: TableRow, event: string | undefined): string[] {
    const { withNamespace, labelColumns, showLabels } = this.#style;
    const metadata = metadataOfRow(row);
    const labels = metadata?.labels ?? {};
    return [
      ...(event === undefined ? [] : [eventTypes[event] ?? event]),
      ...(withNamespace ? [metadata?.namespace ?? ''] : []),
      ...this.#visible(this.#withKind(row.cells)).map(cellText),
      ...labelColumns.map((label) => (metadata ? (labels[label] ?? '') : '')),
      ...(showLabels ? [metadata ? labelsText(labels) : ''] : []),
    ];
  }

  #withKind(cells: readonly unknown[]): unknown[] {
    const { kind } = this.#style;
    if (kind === undefined) return [...cells];
    const at = this.#columns.findIndex(
      ({ format, type }) => format === 'name' && type === 'string',
    );
    return cells.map((cell, index) => (index === at ? `${kind}/${goText(cell)}` : cell));
  }

  #visible<T>(cells: readonly T[]): T[] {
    return cells.filter((_, at) => {
      const column = this.#columns[at];
      return column !== undefined && (this.#style.wide || column.priority === 0);
    });
  }

  /** Of what the server did not print: its name and age, or the status. */
  #tableOf(object: AnyObject): Table {
    const column = (name: string, format = ''): TableColumn => {
      return { name, type: 'string', format, priority: 0 };
    };
    if (object.kind === 'Status') {
      const { status, reason, message } = object;
      const cells = [status ?? '', reason ?? '', message ?? ''];
      const columns = ['Status', 'Reason', 'Message'].map((name) => column(name));
      return { columnDefinitions: columns, rows: [{ cells, object }] };
    }
    const rows = (isList(object) ? object.items : [object]).map((item) => ({
      cells: [item.metadata?.name ?? '', this.#age(item.metadata?.creationTimestamp)],
      object: item,
    }));
    return { columnDefinitions: [column('Name', 'name'), column('Age')], rows };
  }

  #age(timestamp: string | null | undefined): string {
    const time = timestamp ? parseTime(timestamp) : undefined;
    return time === undefined ? '<unknown>' : humanDuration(this.#now() - time);
  }
}

function sameColumns(some: readonly TableColumn[], others: readonly TableColumn[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}

/** A text ends at its first line; what follows is only hinted at. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return escapeTerminal(goText(cell));
  const end = cell.search(/[\f\n\r]/);
  return end < 0 ? escapeTerminal(cell) : `${escapeTerminal(cell.slice(0, end))}...`;
}

/** As apimachinery's labels.FormatLabels. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = sortedEntries(labels ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? '<none>' : pairs.join(',');
}
