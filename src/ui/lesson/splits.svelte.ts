const key = 'sandglass.splits';

/** Shares of the window's width that the text, and of its side's height that the figure may take. */
export const ranges = {
  prose: { least: 0.22, most: 0.7, usual: 0.33 },
  figure: { least: 0.15, most: 0.85, usual: 0.56 },
} as const;

type Side = keyof typeof ranges;

/** How a lesson's panels share the window: kept in this browser. */
export class Splits {
  readonly #shares = $state<Partial<Record<Side, number>>>({});
  #filled = $state<'figure' | 'terminal' | undefined>();
  /** The panel that a narrow window shows: text, figure, terminal. */
  shown = $state(0);

  of(side: Side): number {
    return this.#shares[side] ?? ranges[side].usual;
  }

  /** For a style sheet; undefined for the usual, which is the sheet's to say. */
  percent(side: Side): string | undefined {
    const share = this.#shares[side];
    return share === undefined ? undefined : `${share * 100}%`;
  }

  get filled(): 'figure' | 'terminal' | undefined {
    return this.#filled;
  }

  restore(): void {
    try {
      const saved = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
      for (const side of ['prose', 'figure'] as const) {
        const share = saved[side];
        if (typeof share === 'number') this.move(side, share);
      }
    } catch {
      // Nothing kept, or nothing that can be read: the usual.
    }
  }

  move(side: Side, share: number): void {
    const { least, most } = ranges[side];
    if (side === 'figure') this.#filled = undefined;
    this.#shares[side] = Math.min(most, Math.max(least, share));
    this.#save();
  }

  /** Lets one of the two fill the side, or both share it again. */
  fill(which: 'figure' | 'terminal'): void {
    this.#filled = this.#filled === which ? undefined : which;
  }

  /** Of a narrow window: goes to the text, the figure or the terminal. */
  showPanel(panels: HTMLElement, index: number): void {
    this.shown = index;
    if (panels.scrollWidth <= panels.clientWidth) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    panels.scrollTo({ left: index * panels.clientWidth, behavior: calm ? 'instant' : 'smooth' });
  }

  #save(): void {
    try {
      localStorage.setItem(key, JSON.stringify(this.#shares));
    } catch {
      // A full or forbidden store: it holds for this visit.
    }
  }
}
