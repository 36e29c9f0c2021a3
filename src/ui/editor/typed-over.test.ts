import { EditorState } from '@codemirror/state';
import { expect, it } from 'vitest';
import { replacement } from './typed-over.ts';

it('takes the place of all that is selected, and is brought into view', () => {
  const state = EditorState.create({ doc: 'a\nb\nc', selection: { anchor: 0, head: 5 } });
  const change = state.update(replacement(state, 'x'));
  expect(change.newDoc.toString()).toBe('x');
  expect(change.scrollIntoView).toBe(true);
  expect(change.isUserEvent('input.type')).toBe(true);
});
