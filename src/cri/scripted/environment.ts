import type { DescMessage, JsonValue } from '@bufbuild/protobuf';

type JsonObject = Readonly<Record<string, JsonValue>>;

/** Characters of one variable; the kernel takes 128 KiB of bytes (execve(2), MAX_ARG_STRLEN). */
const longest = 32 << 10;

/**
 * A request's fields as variables of the environment, for a program that reads no JSON: `CONFIG_METADATA_NAME`. A list
 * of scalars is words as a shell quotes them, a map, a list of messages and a message within another its JSON. What is
 * not set, too long or holds a NUL is left out; the request itself has it.
 * @param json the message as protobuf's JSON, without what is not set
 */
export function environmentOf(
  type: DescMessage,
  json: JsonObject,
  prefix = '',
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const field of type.fields) {
    const value = json[field.jsonName];
    if (value === undefined) continue;
    const name = `${prefix}${field.name.toUpperCase()}`;
    if (field.fieldKind === 'message') {
      // At the top that would be all of the request once more.
      if (prefix !== '') variables[name] = JSON.stringify(value);
      Object.assign(variables, environmentOf(field.message, value as JsonObject, `${name}_`));
    } else if (field.fieldKind === 'list' && field.listKind !== 'message') {
      variables[name] = (value as (string | number | boolean)[])
        .map((item) => shellWord(String(item)))
        .join(' ');
    } else {
      variables[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
    }
  }
  const fitting = Object.entries(variables).filter(
    ([, value]) => value.length <= longest && !value.includes('\0'),
  );
  return Object.fromEntries(fitting);
}

/** POSIX.1-2017, XCU 2.2.2: all but the quote itself stands for itself between single quotes. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
