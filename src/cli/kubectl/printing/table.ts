import type { AnyObject } from '#cli/kubectl/objects/object-info.ts';
import type { KubeObject, ObjectMeta } from '#kube/types.ts';

export interface TableColumn {
  name: string;
  type: string;
  format: string;
  /** Other than 0 is for wide tables. */
  priority: number;
}

export interface TableRow {
  cells: unknown[];
  object?: KubeObject | null;
}

/** A list or an object as the server prints it (meta.k8s.io/v1, Table). */
export interface Table extends AnyObject {
  columnDefinitions: TableColumn[] | null;
  rows: TableRow[] | null;
}

export function isTable(object: AnyObject): object is Table {
  return object.kind === 'Table' && (object.apiVersion ?? '').startsWith('meta.k8s.io/');
}

export function metadataOfRow({ object }: TableRow): ObjectMeta | undefined {
  return object?.metadata;
}
