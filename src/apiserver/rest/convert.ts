import { badRequest, notAcceptable } from '#kube/status.ts';
import type { KubeList, KubeObject, ObjectMeta, Table, TableRow } from '#kube/types.ts';
import { printerOf } from '#apiserver/printers/printers.ts';
import { eventToCore } from '#apiserver/registry/event-versions.ts';
import type { Unstored } from '#apiserver/registry/unstored.ts';
import type { Conversion } from './media-types.ts';

export interface TableOptions {
  includeObject: string;
  noHeaders: boolean;
}

const includeObjects = ['', 'Metadata', 'Object', 'None'];

export function tableOptions(query: URLSearchParams): TableOptions {
  const includeObject = query.get('includeObject') ?? '';
  if (!includeObjects.includes(includeObject)) {
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: "${includeObject}": must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
  return { includeObject, noHeaders: false };
}

function isList(value: KubeObject | KubeList): value is KubeList {
  return 'items' in value && Array.isArray(value.items);
}

/** An object or list as the client wants to see it (upstream: apiserver/pkg/endpoints/handlers/response.go). */
export function convert(
  value: KubeObject | KubeList,
  conversion: Conversion | undefined,
  options: TableOptions,
  now: number,
): object {
  if (!conversion || value.kind === 'Status') return value;
  switch (conversion.kind) {
    case 'Table':
      return asTable(value, conversion.version, options, now);
    case 'PartialObjectMetadata':
      if (isList(value)) throw wrongShape(conversion, value, 'is a list');
      return partial(value, conversion.version);
    case 'PartialObjectMetadataList':
      if (!isList(value)) throw wrongShape(conversion, value, 'is not a list');
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${conversion.version}`,
        metadata: value.metadata ?? {},
        items: value.items.map((item) => partial(item, conversion.version)),
      };
  }
}

function asTable(
  value: KubeObject | KubeList,
  version: Conversion['version'],
  options: TableOptions,
  now: number,
): Table {
  const objects = isList(value) ? value.items : [value];
  const printer = printerOf(
    isList(value) ? (value.kind ?? '').replace(/List$/, '') : (value.kind ?? ''),
  );
  const rows = objects.map((object): TableRow => ({
    ...printer.row(printable(object), now),
    object: rowObject(object, version, options.includeObject),
  }));
  const metadata = isList(value) ? value.metadata : versionOf(value.metadata);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: metadata ?? {},
    // Go writes an absent list as null, and clients know it as such.
    columnDefinitions: (options.noHeaders ? null : printer.columns) as Table['columnDefinitions'],
    rows,
  };
}

/** There is one printer of events; those of events.k8s.io go to it under core/v1's names. */
function printable(object: KubeObject): KubeObject {
  return object.apiVersion === 'events.k8s.io/v1' ? eventToCore(object as Unstored) : object;
}

function versionOf(metadata: ObjectMeta | undefined): { resourceVersion?: string } {
  const { resourceVersion } = metadata ?? {};
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function rowObject(object: KubeObject, version: string, includeObject: string): object | null {
  if (includeObject === 'None') return null;
  return includeObject === 'Object' ? object : partial(object, version);
}

function partial(object: KubeObject, version: string): KubeObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata ?? {},
  };
}

function wrongShape(conversion: Conversion, value: KubeObject | KubeList, what: string): Error {
  return notAcceptable(
    `you requested ${conversion.kind}, but the requested object ${what} (*core.${value.kind ?? ''})`,
  );
}
