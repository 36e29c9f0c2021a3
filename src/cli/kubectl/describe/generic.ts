import { isObject, sortedEntries } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';
import { escapeTerminal } from '#cli/kubectl/printing/escape-terminal.ts';
import type { AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { describeEventsOf, describeHead, type DescribeFacts } from './describer.ts';
import type { DescribeWriter } from './describe-writer.ts';

const shownBefore = ['managedFields', 'name', 'namespace', 'labels', 'annotations'].map(
  (name) => `.metadata.${name}`,
);

/** Of a kind without words of its own: all its fields (describe.go, genericDescriber). */
export async function describeGeneric(
  writer: DescribeWriter,
  object: AnyObject,
  facts: DescribeFacts,
): Promise<void> {
  describeHead(writer, object);
  writeContent(writer, 0, object, '');
  await describeEventsOf(writer, object, facts);
}

function writeContent(
  writer: DescribeWriter,
  level: number,
  content: object,
  prefix: string,
): void {
  for (const [name, value] of sortedEntries(content)) {
    const path = `${prefix}.${name}`;
    if (shownBefore.includes(path)) continue;
    const label = smartLabel(name);
    if (Array.isArray(value)) {
      writer.line(level, `${label}:`);
      for (const item of value as unknown[]) {
        if (isObject(item)) writeContent(writer, level + 1, item, path);
        else writer.line(level + 1, goText(item));
      }
    } else if (isObject(value)) {
      writer.line(level, `${label}:`);
      writeContent(writer, level + 1, value, path);
    } else {
      writer.field(level, label, escapeTerminal(goText(value)));
    }
  }
}

const acronyms = ['API', 'URL', 'UID', 'GUID'];

/** `holderIdentity` is `Holder Identity` (describe.go, smartLabelFor). */
export function smartLabel(field: string): string {
  if (!/^[\p{L}-]*$/u.test(field)) return field;
  const parts = field.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}\p{Ll}*|\p{Ll}+|-+/gu) ?? [];
  const merged: string[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    const isAcronym = last !== undefined && last.length >= 2 && /^\p{Lu}+$/u.test(last);
    if (isAcronym && /^\p{Lu}/u.test(part)) merged[merged.length - 1] = last + part;
    else merged.push(part);
  }
  return merged
    .map((part) => {
      if (acronyms.includes(part.toUpperCase())) return part.toUpperCase();
      return part === part.toLowerCase() ? part.charAt(0).toUpperCase() + part.slice(1) : part;
    })
    .join(' ');
}
