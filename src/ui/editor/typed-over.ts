import type { EditorState, TransactionSpec } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/**
 * What is typed over a selection takes its place without the browser's editing: Chromium would keep the look of what it
 * deletes in inline styles, which the site's policy forbids and the console would tell of.
 */
export const typedOver = EditorView.domEventHandlers({
  beforeinput({ inputType, data, isComposing }, view) {
    const { state } = view;
    const { main } = state.selection;
    if (inputType !== 'insertText' || data === null || isComposing || main.empty) return false;
    const insert = () => state.update(replacement(state, data));
    const isHandled = state
      .facet(EditorView.inputHandler)
      .some((handle) => handle(view, main.from, main.to, data, insert));
    if (!isHandled) view.dispatch(insert());
    return true;
  },
});

/** As CodeMirror makes it of what the browser has typed: what was typed is seen, however much it took the place of. */
export function replacement(state: EditorState, text: string): TransactionSpec {
  return { ...state.replaceSelection(text), scrollIntoView: true, userEvent: 'input.type' };
}
