import { type DescMessage, type Message, ScalarType, toJson } from '@bufbuild/protobuf';

/** Bytes of a field of bytes, such as what a command has written, that a record holds. */
const longestBytes = 4 << 10;
/** Characters of a text. */
const longestText = 16 << 10;

/** A message as a record holds it: as protobuf's JSON, with what is very long cut short. */
export interface PlainMessage {
  json: unknown;
  /** How long each field that was cut short had been, in bytes or characters, by its path. */
  shortened?: Readonly<Record<string, number>>;
}

export function plainMessage(type: DescMessage, message: Message): PlainMessage {
  const shortened: Record<string, number> = {};
  const whole = toJson(type, withShortBytes(type, message, shortened));
  const json = withShortTexts(whole, '', shortened);
  return { json, ...(Object.keys(shortened).length > 0 && { shortened }) };
}

/** Before they become text: an ExecSync may have 32 MiB of them, deeper in a message there are but environment variables. */
function withShortBytes(
  type: DescMessage,
  message: Message,
  shortened: Record<string, number>,
): Message {
  const cut: Record<string, Uint8Array> = {};
  for (const { fieldKind, scalar, localName, jsonName } of type.fields) {
    if (fieldKind !== 'scalar' || scalar !== ScalarType.BYTES) continue;
    const bytes = (message as unknown as Record<string, Uint8Array>)[localName];
    if (!bytes || bytes.length <= longestBytes) continue;
    cut[localName] = bytes.subarray(0, longestBytes);
    shortened[jsonName] = bytes.length;
  }
  return Object.keys(cut).length > 0 ? { ...message, ...cut } : message;
}

/** The value itself if there is nothing to cut. */
function withShortTexts(value: unknown, path: string, shortened: Record<string, number>): unknown {
  if (typeof value === 'string') {
    if (value.length <= longestText || shortened[path] !== undefined) return value;
    shortened[path] = value.length;
    return value.slice(0, longestText);
  }
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).map(([key, part]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [key, part, withShortTexts(part, at, shortened)] as const;
  });
  if (parts.every(([, part, short]) => part === short)) return value;
  const changed = parts.map(([key, , short]) => [key, short] as const);
  return Array.isArray(value) ? changed.map(([, short]) => short) : Object.fromEntries(changed);
}
