import { words } from '#ui/words/words.ts';

/** Keys of the editor: as they are shown, as they are read out, and as `aria-keyshortcuts` has them. */
export interface EditorKeys {
  apply: { shown: string; shortcut: string };
  tabToggle: { shown: string; spoken: string; shortcut: string };
}

/** What applies, and what lets Tab indent, on a platform as `navigator.platform` names it; code-view.ts binds them. */
export function editorKeys(platform: string): EditorKeys {
  const isMac = /^(Mac|iP)/.test(platform);
  const { apply, applyMac, tabToggle, tabToggleMac } = words.editor.keys;
  return isMac
    ? {
        apply: { shown: applyMac, shortcut: 'Meta+Enter' },
        tabToggle: { ...tabToggleMac, shortcut: 'Shift+Alt+M' },
      }
    : {
        apply: { shown: apply, shortcut: 'Control+Enter' },
        tabToggle: { ...tabToggle, shortcut: 'Control+M' },
      };
}
