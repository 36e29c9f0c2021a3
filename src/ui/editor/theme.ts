import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The page's tokens reach into the shadow root, so that both themes are one. Colours are states here, never decoration. */
export const theme = [
  EditorView.theme({
    '&': {
      height: '100%',
      color: 'var(--ink)',
      backgroundColor: 'var(--panel)',
      fontSize: 'var(--editor-font-size, 13px)',
    },
    '&.cm-focused': { outline: 'none' },
    // Over the gutters, which lie over an outline.
    '&.cm-focused::after': {
      content: '""',
      position: 'absolute',
      inset: '0',
      zIndex: '300',
      border: '2px solid var(--focus)',
      pointerEvents: 'none',
    },
    '.cm-scroller': {
      fontFamily: 'var(--mono)',
      fontVariantLigatures: 'none',
      lineHeight: '1.55',
      overflow: 'auto',
    },
    '.cm-content': { padding: '10px 0 24px', caretColor: 'var(--ink)' },
    '.cm-line': { padding: '0 16px 0 8px' },
    '.cm-gutters': {
      border: '0',
      backgroundColor: 'var(--panel)',
      color: 'var(--soft)',
      fontVariantNumeric: 'tabular-nums',
    },
    '.cm-lineNumbers .cm-gutterElement': { minWidth: '32px', padding: '0 4px 0 12px' },
    '.cm-gutter-lint': { width: '14px' },
    '.cm-gutter-lint .cm-gutterElement': { padding: '0' },
    '.cm-lint-marker': { width: '8px', height: '8px', margin: '6px 3px 0' },
    '.cm-lint-marker-error': {
      content: '""',
      borderRadius: '50%',
      backgroundColor: 'var(--bad)',
    },
    '.cm-lintRange-error': {
      backgroundImage: 'none',
      textDecoration: 'underline wavy var(--bad) 1px',
      textUnderlineOffset: '4px',
      paddingBottom: '0',
    },
    '.cm-lintPoint-error:after': { borderBottomColor: 'var(--bad)' },
    '.cm-selectionBackground, &.cm-focused .cm-selectionBackground, ::selection': {
      backgroundColor: 'light-dark(#dcd6c6, #33405a)',
    },
    '&.cm-focused .cm-matchingBracket': {
      backgroundColor: 'transparent',
      outline: '1px solid var(--edge)',
    },
    '.cm-tooltip': {
      border: '1px solid var(--line)',
      borderRadius: '8px',
      backgroundColor: 'var(--panel)',
      color: 'var(--ink)',
      boxShadow: 'var(--shadow)',
      overflow: 'hidden',
    },
    '.cm-tooltip.cm-tooltip-autocomplete > ul': {
      maxHeight: '15em',
      fontFamily: 'var(--mono)',
      fontSize: '12.5px',
    },
    '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 12px' },
    '.cm-tooltip-autocomplete ul li[aria-selected]': {
      backgroundColor: 'var(--ink)',
      color: 'var(--paper)',
    },
    '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
    '.cm-completionDetail': { marginLeft: '1.2em', fontStyle: 'normal', color: 'var(--soft)' },
    'li[aria-selected] .cm-completionDetail': { color: 'inherit' },
    '.cm-tooltip.cm-completionInfo': {
      maxWidth: 'min(380px, 60vw)',
      padding: '8px 12px',
      font: '12.5px/1.5 var(--sans)',
      overflow: 'auto',
    },
    '.cm-tooltip-hover': { maxWidth: 'min(420px, 80vw)' },
    '.cm-tooltip-lint': { padding: '0' },
    '.cm-diagnostic': {
      padding: '8px 12px',
      borderLeft: '3px solid var(--bad)',
      font: '12.5px/1.5 var(--sans)',
    },
    '.field': { padding: '8px 12px', font: '12.5px/1.5 var(--sans)' },
    '.field code': { display: 'block', marginBottom: '2px', font: '12px var(--mono)' },
    '.field p': { margin: '0', color: 'var(--soft)' },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.definition(tags.propertyName), fontWeight: '700' },
      { tag: [tags.comment, tags.lineComment], color: 'var(--soft)', fontStyle: 'italic' },
      {
        tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace, tags.meta],
        color: 'var(--soft)',
      },
    ]),
  ),
];
