import { definitionOf, type FieldSchema } from '#kube/schema/definitions.ts';
import { fieldNumbers } from './field-numbers.ts';

/** What a field of a message holds: a field of the object, or a message whose fields are the object's too. */
export type Slot =
  { kind: 'field'; field: FieldSchema } | { kind: 'embedded'; message: MessageFields };

/** By number, in ascending order. */
export type MessageFields = Map<number, Slot>;

const messages = new Map<string, MessageFields>();

export function isMessage(definition: string): boolean {
  return Object.hasOwn(fieldNumbers, definition);
}

/** Throws for a definition that has no numbers, which is a mistake of the caller's. */
export function messageOf(definition: string): MessageFields {
  let message = messages.get(definition);
  if (!message) {
    message = parse(definition);
    messages.set(definition, message);
  }
  return message;
}

function parse(definition: string): MessageFields {
  const numbers = fieldNumbers[definition];
  if (numbers === undefined) throw new Error(`${definition} has no field numbers.`);
  const { fields } = definitionOf(definition);
  const message: MessageFields = new Map();
  const places = numbers.split(' ').map((entry) => {
    const [name = '', place = ''] = entry.split('=');
    const [first = 0, second] = place.split('.').map(Number);
    return { name, first, second };
  });
  places.sort((one, other) => one.first - other.first || (one.second ?? 0) - (other.second ?? 0));
  for (const { name, first, second } of places) {
    const field = fields.get(name);
    if (!field) throw new Error(`${definition} has no field ${name}.`);
    if (second === undefined) message.set(first, { kind: 'field', field });
    else embeddedAt(message, first).set(second, { kind: 'field', field });
  }
  return message;
}

function embeddedAt(message: MessageFields, number: number): MessageFields {
  const slot = message.get(number);
  if (slot?.kind === 'embedded') return slot.message;
  const embedded: MessageFields = new Map();
  message.set(number, { kind: 'embedded', message: embedded });
  return embedded;
}
