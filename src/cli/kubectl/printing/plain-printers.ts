import { parseApiVersion } from '#kube/resources.ts';
import { failure } from '#cli/command/errors.ts';
import {
  isList,
  metadataOf,
  objectName,
  type AnyObject,
} from '#cli/kubectl/objects/object-info.ts';
import { formatJson, isObject, printedJson, without } from '#cli/text/json.ts';
import { formatKyaml } from '#cli/text/kyaml.ts';
import { formatYaml } from '#cli/text/yaml.ts';
import type { ObjectPrinter } from './printer.ts';

export function jsonPrinter(showManagedFields: boolean): ObjectPrinter {
  return {
    print(object, { keepOrder = false } = {}) {
      const text = requireKind(managed(object, showManagedFields));
      // An event of a watch comes on one line.
      if (object.kind === undefined) return `${formatJson(text)}\n`;
      return printedJson(text, { unsorted: keepOrder });
    },
  };
}

/** With a separator before every object but the first (cli-runtime, pkg/printers/yaml.go). */
export function yamlPrinter(showManagedFields: boolean): ObjectPrinter {
  let count = 0;
  return {
    print(object) {
      const text = formatYaml(requireKind(managed(object, showManagedFields)));
      return count++ === 0 ? text : `---\n${text}`;
    },
  };
}

export function kyamlPrinter(showManagedFields: boolean): ObjectPrinter {
  return {
    print(object, { keepOrder = false } = {}) {
      const text = requireKind(managed(object, showManagedFields));
      return formatKyaml(text, { unsorted: keepOrder });
    },
  };
}

function requireKind(object: AnyObject): AnyObject {
  if (
    object.kind === undefined &&
    object.apiVersion === undefined &&
    object['type'] === undefined
  ) {
    throw failure(
      'missing apiVersion or kind; try GetObjectKind().SetGroupVersionKind() if you know the type',
    );
  }
  return object;
}

function managed(object: AnyObject, showManagedFields: boolean): AnyObject {
  if (showManagedFields) return object;
  if (isList(object)) return { ...object, items: object.items.map((item) => managed(item, false)) };
  if (!isObject(object.metadata) || !('managedFields' in object.metadata)) return object;
  return { ...object, metadata: without(metadataOf(object), 'managedFields') };
}

/** `pod/web created`, or `pod/web` alone for `-o name` (cli-runtime, pkg/printers/name.go). */
export function namePrinter(operation: string): ObjectPrinter {
  const print = (object: AnyObject): string => {
    if (isList(object)) return object.items.map(print).join('');
    const { apiVersion = '', kind = '' } = object;
    const { group } = parseApiVersion(apiVersion);
    const name = metadataOf(object).name ?? '<unknown>';
    return `${objectName({ group, kind }, name)}${operation === '' ? '' : ` ${operation}`}\n`;
  };
  return { print };
}
