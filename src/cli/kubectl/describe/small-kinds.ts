import type { ConfigMap, Namespace, Secret } from '#kube/types.ts';
import { isNotFound } from '#kube/status.ts';
import { sortedEntries } from '#cli/text/json.ts';
import type { AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { isList } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { describeEventsOf, describeHead, type DescribeFacts } from './describer.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { longTime } from './times.ts';

/** describe.go, ConfigMapDescriber */
export async function describeConfigMap(
  writer: DescribeWriter,
  object: AnyObject,
  facts: DescribeFacts,
): Promise<void> {
  const { data = {}, binaryData = {} } = object as unknown as ConfigMap;
  describeHead(writer, object);
  writer.raw('\nData\n====\n');
  for (const [key, value] of sortedEntries(data)) {
    writer.raw(`${key}:\n----\n${String(value)}\n\n`);
  }
  writer.raw('\nBinaryData\n====\n');
  for (const [key, value] of sortedEntries(binaryData)) {
    writer.raw(`${key}: ${decodedLength(String(value))} bytes\n`);
  }
  writer.raw('\n');
  await describeEventsOf(writer, object, facts);
}

/** describe.go, describeSecret */
export function describeSecret(writer: DescribeWriter, object: AnyObject): void {
  const { data = {}, type = '' } = object as unknown as Secret;
  describeHead(writer, object);
  writer.raw(`\nType:\t${type}\n`);
  writer.raw('\nData\n====\n');
  for (const [key, value] of sortedEntries(data)) {
    const isToken = key === 'token' && type === 'kubernetes.io/service-account-token';
    const shown = isToken ? atob(String(value)) : `${decodedLength(String(value))} bytes`;
    writer.field(0, key, shown);
  }
}

function decodedLength(base64: string): number {
  return atob(base64).length;
}

/** describe.go, describeNamespace; quotas and limits only where the server has them. */
export async function describeNamespace(
  writer: DescribeWriter,
  object: AnyObject,
  { context }: DescribeFacts,
): Promise<void> {
  const { metadata, status } = object as unknown as Namespace;
  describeHead(writer, object, { namespaced: false });
  writer.field(0, 'Status', status?.phase ?? '');
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    writer.line(0, 'Conditions:');
    writer.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage');
    writer.line(1, '----\t------\t------------------\t------\t-------');
  }
  for (const { type, status: value, lastTransitionTime, reason, message } of conditions) {
    const cells = [type, value, longTime(lastTransitionTime), reason ?? '', message ?? ''];
    writer.line(1, cells.join('\t'));
  }
  for (const [resource, what] of [
    ['resourcequotas', 'resource quota'],
    ['limitranges', 'LimitRange resource'],
  ] as const) {
    try {
      const path = `/api/v1/namespaces/${encodeURIComponent(metadata?.name ?? '')}/${resource}`;
      const list = await requestJson(context, path);
      if (isList(list) && list.items.length === 0) writer.raw(`\nNo ${what}.\n`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
