import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { type Diagnostic } from '@codemirror/lint';
import { type EditorView, type Tooltip } from '@codemirror/view';
import { manifestCompletions, type ManifestCompletion } from '#kube/manifest/completions.ts';
import { keyAt, pathInWords, typeInWords } from '#kube/manifest/fields.ts';
import { manifestProblems } from '#kube/manifest/problems.ts';
import { words } from '#ui/words/words.ts';
import { describe } from './descriptions.ts';

/** Characters; beyond, each keystroke would be felt. */
const checkedLength = 256 << 10;

/** The field at a position, for whoever shows it. */
export interface FieldNote {
  /** Such as `spec.containers[].image`. */
  path: string;
  type: string;
  isRequired: boolean;
  description: string;
}

export function completionsAt({
  state,
  pos,
  explicit,
}: CompletionContext): CompletionResult | null {
  if (state.doc.length > checkedLength) return null;
  const found = manifestCompletions(state.doc.toString(), pos);
  // Nothing has been typed of it: only who asks, or comes from another completion, wants a list.
  if (!found || (found.from === pos && !explicit && !isAfterDash(state.sliceDoc(0, pos))))
    return null;
  return {
    from: found.from,
    options: found.options.map(asCompletion),
    validFor: /^[\w./-]*$/,
  };
}

function isAfterDash(before: string): boolean {
  return /^\s*(- )?$/.test(before.slice(before.lastIndexOf('\n') + 1)) || before.endsWith(': ');
}

function asCompletion(option: ManifestCompletion): Completion {
  const { label, insert, detail, kind, definition, isRequired, isUnlikely } = option;
  return {
    label,
    apply: insert,
    detail: isRequired ? `${detail} · ${words.editor.required}` : detail,
    type: kind === 'field' ? 'property' : 'enum',
    boost: isRequired ? 10 : isUnlikely ? -50 : 0,
    ...(definition !== undefined && {
      info: async () => {
        const text = await describe(definition, label);
        return text === '' ? null : { dom: document.createTextNode(text) };
      },
    }),
  };
}

export function diagnosticsOf({ state }: EditorView): Diagnostic[] {
  if (state.doc.length > checkedLength) {
    return [{ from: 0, to: 1, severity: 'error', message: words.editor.tooLong }];
  }
  return manifestProblems(state.doc.toString()).map(({ from, to, message }) => ({
    from: Math.min(from, state.doc.length),
    to: Math.min(Math.max(to, from), state.doc.length),
    severity: 'error',
    message,
  }));
}

export async function fieldNoteAt(
  text: string,
  position: number,
): Promise<(FieldNote & { from: number; to: number }) | undefined> {
  if (text.length > checkedLength) return undefined;
  const key = keyAt(text, position);
  if (!key) return undefined;
  const { definition, field, path, from, to } = key;
  const description = await describe(definition, field.name);
  const type = typeInWords(field.type);
  return { path: pathInWords(path), type, isRequired: field.required, description, from, to };
}

/** The field under the pointer, if it is on its key. */
export async function fieldTooltip(view: EditorView, position: number): Promise<Tooltip | null> {
  const note = await fieldNoteAt(view.state.doc.toString(), position);
  if (!note || position < note.from || position > note.to) return null;
  return { pos: note.from, end: note.to, above: true, create: () => ({ dom: fieldElement(note) }) };
}

function fieldElement({ path, type, isRequired, description }: FieldNote): HTMLElement {
  const element = document.createElement('div');
  element.className = 'field';
  const name = document.createElement('code');
  name.textContent = `${path} · ${type}${isRequired ? ` · ${words.editor.required}` : ''}`;
  const text = document.createElement('p');
  text.textContent = description;
  element.append(name, text);
  return element;
}
