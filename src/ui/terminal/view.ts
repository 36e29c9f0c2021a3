import { FitAddon } from '@xterm/addon-fit';
import type { ISearchOptions, SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import { SandglassError } from '#base/errors.ts';
import { words } from '#ui/words/words.ts';
import { type Palette, darkPalette, findColours, leastContrast, lightPalette } from './palette.ts';
import { mendReversedContrast } from './reversed-contrast.ts';
import { installStrictStyles } from './strict-styles.ts';
import { loadFastWebgl } from './webgl.ts';

export interface ViewSettings {
  dark: boolean;
  fontSize: number;
  screenReader: boolean;
}

export interface ViewOptions extends ViewSettings {
  label: string;
  /** Whether a key belongs to the page, so that the terminal leaves it alone. */
  isShortcut: (event: KeyboardEvent, view: TerminalView) => boolean;
}

export interface FindQuery {
  text: string;
  caseSensitive: boolean;
  regex: boolean;
}

export type FindResult =
  | { kind: 'none' }
  | { kind: 'invalid' }
  /** `index` counts from 0 and is -1 while none is current. */
  | { kind: 'matches'; index: number; count: number; limited: boolean };

const fontFamily = "'JetBrains Mono', ui-monospace, 'DejaVu Sans Mono', monospace";
const scrollback = 10_000;
/** Matches that are marked; beyond it the count says `1000+`. */
const findLimit = 1000;

/** xterm.js in the page: its element, its looks, its size and its add-ons. */
export class TerminalView {
  readonly terminal: Terminal;
  readonly #host: HTMLElement;
  readonly #fit = new FitAddon();
  readonly #resizeObserver: ResizeObserver;
  #dark: boolean;
  #search: Promise<SearchAddon> | undefined;
  #lastFind: FindQuery | undefined;
  #onFound: (result: FindResult) => void = () => undefined;
  #extras: Promise<void> | undefined;
  #disposed = false;

  constructor(host: HTMLElement, options: ViewOptions) {
    this.#host = host;
    this.#dark = options.dark;
    installStrictStyles();
    Terminal.strings.tooMuchOutput = words.terminal.tooMuchOutput;
    const terminal = new Terminal({
      // For `unicode` and for the search's decorations.
      allowProposedApi: true,
      cursorBlink: false,
      fontFamily,
      fontSize: options.fontSize,
      fontWeightBold: 700,
      lineHeight: 1.25,
      minimumContrastRatio: leastContrast,
      scrollback,
      screenReaderMode: options.screenReader,
      theme: this.#palette,
      linkHandler: {
        activate: (_event, uri) => {
          openLink(uri);
        },
        hover: (_event, uri) => {
          host.title = uri;
        },
        leave: () => {
          host.removeAttribute('title');
        },
      },
    });
    this.terminal = terminal;
    terminal.loadAddon(this.#fit);
    terminal.attachCustomKeyEventHandler((event) => !options.isShortcut(event, this));
    terminal.open(host);
    mendReversedContrast(terminal);
    terminal.textarea?.setAttribute('aria-label', options.label);
    this.fit();
    this.#resizeObserver = new ResizeObserver(() => {
      this.fit();
    });
    this.#resizeObserver.observe(host);
  }

  apply({ dark, fontSize, screenReader }: ViewSettings): void {
    const { options } = this.terminal;
    if (this.#dark !== dark) {
      this.#dark = dark;
      options.theme = this.#palette;
    }
    if (options.screenReaderMode !== screenReader) options.screenReaderMode = screenReader;
    if (options.fontSize !== fontSize) {
      options.fontSize = fontSize;
      this.fit();
    }
  }

  /** A held terminal can be read, selected from and searched, and swallows what is typed. */
  hold(held: boolean): void {
    this.terminal.options.disableStdin = held;
  }

  /** Takes the size that its place has; a hidden one waits until it is shown. */
  fit(): void {
    if (this.#disposed || this.#host.clientWidth === 0) return;
    this.#fit.fit();
  }

  /** The font has come after the terminal, whose cells have the size of another. */
  measureAnew(): void {
    if (this.#disposed) return;
    // xterm.js measures when the name changes.
    this.terminal.options.fontFamily = 'monospace';
    this.terminal.options.fontFamily = fontFamily;
    this.fit();
  }

  focus(): void {
    this.terminal.focus();
  }

  /**
   * Copies what is selected and lets go of it, so that the next Ctrl+C interrupts. Rejects with `permission-denied`
   * if the browser does not allow it, and the selection stays.
   */
  async copySelection(): Promise<void> {
    const text = this.terminal.getSelection();
    if (text === '') return;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Pages that embed this one may withhold the clipboard's permission; the old command needs none,
      // and xterm.js answers its `copy` event with the selection.
      this.terminal.textarea?.select();
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      if (!document.execCommand('copy')) {
        throw new SandglassError('permission-denied', words.terminal.copyFailed);
      }
    }
    this.terminal.clearSelection();
  }

  /** Loads what the first prompt does not need. */
  loadExtras(): Promise<void> {
    this.#extras ??= this.#loadExtras().catch((error: unknown) => {
      // The terminal works without; the next tab asks again.
      console.warn('An add-on of the terminal could not be loaded:', error);
      this.#extras = undefined;
    });
    return this.#extras;
  }

  /** Calls back with what a search finds, also as output changes it. */
  set onFound(listener: (result: FindResult) => void) {
    this.#onFound = listener;
  }

  /**
   * Finds the next or previous match. `incremental` keeps the current one while it still matches, and
   * looks upwards from it, or from the bottom.
   * Rejects with `unavailable` if the add-on cannot be loaded, with `internal` if it fails.
   */
  async find(query: FindQuery, step: 'next' | 'previous' | 'incremental'): Promise<void> {
    const search = await this.#loadSearch();
    if (query.text === '') {
      search.clearDecorations();
      this.terminal.clearSelection();
      this.#onFound({ kind: 'none' });
      return;
    }
    if (query.regex && !isRegex(query.text)) {
      search.clearDecorations();
      this.#onFound({ kind: 'invalid' });
      return;
    }
    const options = this.#searchOptions(query);
    // The add-on overlooks a change of options alone (SearchAddon.ts of 0.16.0 sets them before it compares).
    if (
      this.#lastFind?.caseSensitive !== query.caseSensitive ||
      this.#lastFind.regex !== query.regex
    ) {
      search.clearDecorations();
      this.terminal.clearSelection();
    }
    this.#lastFind = query;
    try {
      if (step === 'next') search.findNext(query.text, options);
      else search.findPrevious(query.text, options);
    } catch (cause) {
      throw new SandglassError('internal', words.findBar.failed, { cause });
    }
  }

  async endFind(): Promise<void> {
    (await this.#search?.catch(() => undefined))?.clearDecorations();
  }

  dispose(): void {
    this.#disposed = true;
    this.#resizeObserver.disconnect();
    this.terminal.dispose();
  }

  get #palette(): Palette {
    return this.#dark ? darkPalette : lightPalette;
  }

  #searchOptions({ caseSensitive, regex }: FindQuery): ISearchOptions {
    const { yellow, blue } = this.#palette;
    const { match, current } = findColours[this.#dark ? 'dark' : 'light'];
    return {
      caseSensitive,
      regex,
      decorations: {
        matchBackground: match,
        activeMatchBackground: current,
        activeMatchBorder: this.#palette.foreground,
        matchOverviewRuler: yellow,
        activeMatchColorOverviewRuler: blue,
      },
    };
  }

  #loadSearch(): Promise<SearchAddon> {
    this.#search ??= importSearch().then(({ SearchAddon }) => {
      const search = new SearchAddon({ highlightLimit: findLimit });
      search.onDidChangeResults(({ resultIndex, resultCount }) => {
        const limited = resultCount >= findLimit;
        this.#onFound({ kind: 'matches', index: resultIndex, count: resultCount, limited });
      });
      this.terminal.loadAddon(search);
      return search;
    });
    this.#search.catch(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  async #loadExtras(): Promise<void> {
    const [{ Unicode11Addon }, { WebLinksAddon }] = await Promise.all([
      import('@xterm/addon-unicode11'),
      import('@xterm/addon-web-links'),
    ]);
    if (this.#disposed) return;
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    this.terminal.loadAddon(
      new WebLinksAddon((_event, uri) => {
        openLink(uri);
      }),
    );
    await loadFastWebgl(this.terminal, () => this.#disposed);
  }
}

async function importSearch(): Promise<typeof import('@xterm/addon-search')> {
  try {
    return await import('@xterm/addon-search');
  } catch (cause) {
    throw new SandglassError('unavailable', words.findBar.notLoaded, { cause });
  }
}

function isRegex(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

/** Opens in a new tab that has no hold on this one; nothing but web pages. */
function openLink(uri: string): void {
  if (/^https?:\/\//i.test(uri)) window.open(uri, '_blank', 'noopener,noreferrer');
}
