import type { SettingsStore } from '#ui/ports.ts';
import { Settings } from '#ui/state/settings.svelte.ts';

/** Browsers may forbid storage; pages work without. */
export function openStore(): SettingsStore | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** Keeps the settings' idea of the system's theme true. */
export function followSystemTheme(settings: Settings): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  settings.systemDark = dark.matches;
  dark.addEventListener('change', ({ matches }) => {
    settings.systemDark = matches;
  });
}

/** The reader's preferences, of a page without a machine. */
export function readerSettings(): Settings {
  const settings = new Settings(openStore());
  followSystemTheme(settings);
  return settings;
}
