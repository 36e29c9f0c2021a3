import type { Message } from '@bufbuild/protobuf';
import { isReflectMessage, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { quote } from '#kube/go-text.ts';
import { reflected } from '#kube/cri/go-json.ts';
import { enumName } from './proto-json.ts';

/** A message as Go prints it on one line: `name:"a" attempt:1`. */
export function protoText(message: Message): string {
  return textOf(reflected(message));
}

function textOf(message: ReflectMessage): string {
  const parts = message.fields.flatMap((field) => {
    if (!message.isSet(field)) return [];
    const named = (value: unknown) => {
      if (isReflectMessage(value)) return `${field.name}:{${textOf(value)}}`;
      if (typeof value === 'number' && field.enum) {
        return `${field.name}:${enumName(field.enum, value)}`;
      }
      return `${field.name}:${typeof value === 'string' ? quote(value) : String(value)}`;
    };
    switch (field.fieldKind) {
      case 'list':
        return [...message.get(field)].map(named);
      case 'map':
        return [...message.get(field)].map(
          ([key, value]) =>
            `${field.name}:{key:${quote(String(key))} value:${quote(String(value))}}`,
        );
      default:
        return [named(message.get(field))];
    }
  });
  return parts.join(' ');
}
