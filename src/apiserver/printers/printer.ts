import type { TableColumnDefinition, TableRow } from '#kube/types.ts';

export type Column = TableColumnDefinition;

/** How objects of a kind become rows; `now` is the wall time in milliseconds that ages count from. */
export interface Printer<T> {
  columns: readonly Column[];
  row: (object: T, now: number) => Pick<TableRow, 'cells' | 'conditions'>;
}

/** Descriptions of upstream are the field's own documentation, of which a reader sees only `kubectl`'s columns: here they are short. */
export function column(
  name: string,
  description: string,
  facts: { type?: 'string' | 'integer'; format?: 'name'; wide?: boolean } = {},
): Column {
  return {
    name,
    type: facts.type ?? 'string',
    format: facts.format ?? '',
    description,
    priority: facts.wide ? 1 : 0,
  };
}

export const nameColumn = column(
  'Name',
  'Name is unique within a namespace and chosen when the object is created.',
  { format: 'name' },
);

export const ageColumn = column('Age', 'How long ago the server created the object.');
