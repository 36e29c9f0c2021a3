import type { SettingsStore } from '#ui/ports.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

export const fontSizes = { smallest: 9, usual: 14, largest: 28 } as const;

const key = 'sandglass.settings';

/** What the reader prefers, kept between visits. */
export class Settings {
  readonly #store: SettingsStore | undefined;
  #theme = $state<ThemeChoice>('system');
  #fontSize = $state<number>(fontSizes.usual);
  #screenReader = $state(false);
  #oriented = $state(false);
  #systemDark = $state(false);

  constructor(store: SettingsStore | undefined) {
    this.#store = store;
    const saved = readSaved(store);
    if (saved['theme'] === 'light' || saved['theme'] === 'dark') this.#theme = saved['theme'];
    if (typeof saved['fontSize'] === 'number') this.#fontSize = inRange(saved['fontSize']);
    this.#screenReader = saved['screenReader'] === true;
    this.#oriented = saved['oriented'] === true;
  }

  /** The reader has been told what there is in the playground, and need not be again. */
  get oriented(): boolean {
    return this.#oriented;
  }

  set oriented(oriented: boolean) {
    this.#oriented = oriented;
    this.#save();
  }

  get theme(): ThemeChoice {
    return this.#theme;
  }

  set theme(theme: ThemeChoice) {
    this.#theme = theme;
    this.#save();
  }

  /** Whether the page is dark now: by choice, or else as the system is. */
  get dark(): boolean {
    return this.#theme === 'system' ? this.#systemDark : this.#theme === 'dark';
  }

  set systemDark(dark: boolean) {
    this.#systemDark = dark;
  }

  /** The terminals' font size in CSS pixels. */
  get fontSize(): number {
    return this.#fontSize;
  }

  set fontSize(size: number) {
    this.#fontSize = inRange(size);
    this.#save();
  }

  get screenReader(): boolean {
    return this.#screenReader;
  }

  set screenReader(on: boolean) {
    this.#screenReader = on;
    this.#save();
  }

  #save(): void {
    const { theme, fontSize, screenReader, oriented } = this;
    try {
      this.#store?.setItem(key, JSON.stringify({ theme, fontSize, screenReader, oriented }));
    } catch {
      // A full or forbidden store: the choice holds for this visit.
    }
  }
}

function inRange(size: number): number {
  return Math.min(fontSizes.largest, Math.max(fontSizes.smallest, Math.round(size)));
}

function readSaved(store: SettingsStore | undefined): Record<string, unknown> {
  try {
    const saved: unknown = JSON.parse(store?.getItem(key) ?? '{}');
    return typeof saved === 'object' && saved !== null ? { ...saved } : {};
  } catch {
    return {};
  }
}
