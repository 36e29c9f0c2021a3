import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import {
  forEachDiagnostic,
  lintGutter,
  linter,
  nextDiagnostic,
  previousDiagnostic,
} from '@codemirror/lint';
import { Compartment, EditorState, type Extension, Prec, type Text } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, lineNumbers, tooltips } from '@codemirror/view';
import { systemClock } from '#base/clock.ts';
import { words } from '#ui/words/words.ts';
import {
  type FieldNote,
  completionsAt,
  diagnosticsOf,
  fieldNoteAt,
  fieldTooltip,
} from './schema-support.ts';
import { theme } from './theme.ts';
import { typedOver } from './typed-over.ts';

/** What the editor marks, in the order of the text. */
export interface Problem {
  line: number;
  position: number;
  message: string;
}

/** What screen readers call the editor, and say of it. */
export interface EditorName {
  label: string;
  description: string;
}

export interface CodeViewOptions {
  /** An element without a shadow root yet: the editor's styles are its own, and allowed by the site's policy. */
  host: HTMLElement;
  text: string;
  /** For screen readers. */
  name: EditorName;
  /** The reader has changed the text. */
  onchange: (text: string) => void;
  onapply: () => void;
  /** The reader wants Tab to indent, or to leave again. */
  ontabkey: () => void;
  onproblems: (problems: readonly Problem[]) => void;
  /** The field that the cursor is at. */
  onfield: (field: FieldNote | undefined) => void;
}

/** Milliseconds of rest before the text is checked, and before the field at the cursor is looked up. */
const delays = { problems: 300, field: 120 } as const;

/** CodeMirror with what the API's schema knows of manifests. */
export class CodeView {
  readonly #view: EditorView;
  readonly #options: CodeViewOptions;
  readonly #name = new Compartment();
  #cancelFieldTimer: () => void = () => undefined;
  #isSetting = false;

  constructor(options: CodeViewOptions) {
    this.#options = options;
    const root = options.host.shadowRoot ?? options.host.attachShadow({ mode: 'open' });
    root.replaceChildren();
    this.#view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({ doc: options.text, extensions: this.#extensions() }),
    });
    this.tabIndents = false;
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  /** Puts another text in the place of the one that is there; the reader can undo it. */
  set text(text: string) {
    const { doc } = this.#view.state;
    this.#isSetting = true;
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
    this.#isSetting = false;
  }

  set name(name: EditorName) {
    this.#view.dispatch({ effects: this.#name.reconfigure(named(name)) });
  }

  /** Whether Tab indents. Without that it leaves, as everywhere: www.w3.org/WAI/WCAG22/Understanding/no-keyboard-trap */
  set tabIndents(indents: boolean) {
    this.#view.setTabFocusMode(!indents);
  }

  focus(): void {
    this.#view.focus();
  }

  goTo(position: number): void {
    const anchor = Math.min(position, this.#view.state.doc.length);
    this.#view.dispatch({ selection: { anchor }, scrollIntoView: true });
    this.focus();
  }

  destroy(): void {
    this.#cancelFieldTimer();
    this.#view.destroy();
  }

  #extensions(): Extension {
    return [
      EditorState.phrases.of(words.editor.phrases),
      lineNumbers(),
      history(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      yaml(),
      indentUnit.of('  '),
      autocompletion({
        override: [completionsAt],
        icons: false,
        activateOnCompletion: ({ type }) => type === 'property',
      }),
      linter(diagnosticsOf, { delay: delays.problems }),
      lintGutter(),
      hoverTooltip(fieldTooltip),
      tooltips({ position: 'fixed' }),
      this.#keys(),
      typedOver,
      this.#name.of(named(this.#options.name)),
      theme,
      this.#listener(),
    ];
  }

  #keys(): Extension {
    const apply = () => {
      this.#options.onapply();
      return true;
    };
    const toggleTabKey = () => {
      this.#options.ontabkey();
      return true;
    };
    return [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run: apply, preventDefault: true }])),
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...historyKeymap,
        { key: 'F8', run: nextDiagnostic, shift: previousDiagnostic },
        { key: 'Ctrl-m', mac: 'Shift-Alt-m', run: toggleTabKey },
        // Where the reader has asked for it; Escape, then Tab leaves all the same: https://codemirror.net/examples/tab/
        indentWithTab,
        ...defaultKeymap,
      ]),
    ];
  }

  #listener(): Extension {
    let known: readonly Problem[] = [];
    return EditorView.updateListener.of(({ state, docChanged, selectionSet, transactions }) => {
      if (docChanged && !this.#isSetting) this.#options.onchange(state.doc.toString());
      if (docChanged || selectionSet) this.#lookUpField();
      if (!transactions.some(({ effects }) => effects.length > 0)) return;
      const found = problemsIn(state);
      if (JSON.stringify(found) === JSON.stringify(known)) return;
      known = found;
      this.#options.onproblems(found);
    });
  }

  #lookUpField(): void {
    this.#cancelFieldTimer();
    this.#cancelFieldTimer = systemClock.schedule(delays.field, () => {
      const { doc, selection } = this.#view.state;
      void this.#tellField(doc, selection.main.head);
    });
  }

  async #tellField(doc: Text, position: number): Promise<void> {
    const note = await fieldNoteAt(doc.toString(), position);
    const { state } = this.#view;
    if (state.doc === doc && state.selection.main.head === position) this.#options.onfield(note);
  }
}

function named({ label, description }: EditorName): Extension {
  return EditorView.contentAttributes.of({
    'aria-label': label,
    // It can be tabbed to anyway; tools that look for a scrollable part without keyboard do not know.
    tabindex: '0',
    'aria-description': description,
  });
}

function problemsIn(state: EditorState): Problem[] {
  const problems: Problem[] = [];
  forEachDiagnostic(state, ({ message }, from) => {
    problems.push({ line: state.doc.lineAt(from).number, position: from, message });
  });
  return problems.sort((one, other) => one.position - other.position);
}
