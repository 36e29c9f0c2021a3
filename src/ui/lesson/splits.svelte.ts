const key = 'sandglass.splits';

/** Pixels that each side keeps. */
const least = { prose: 300, work: 360, figure: 120 } as const;

/** How a lesson's panels share the window: kept in this browser. */
export class Splits {
  /** Pixels of the text's width; undefined for the usual. */
  #prose = $state<number | undefined>();
  /** Hundredths of the height. */
  #figure = $state<number | undefined>();
  #filled = $state<'figure' | 'terminal' | undefined>();
  /** The panel that a narrow window shows: text, figure, terminal. */
  shown = $state(0);

  get prose(): string | undefined {
    return this.#prose === undefined ? undefined : `${this.#prose}px`;
  }

  get figure(): string | undefined {
    return this.#figure === undefined ? undefined : `${this.#figure}%`;
  }

  get filled(): 'figure' | 'terminal' | undefined {
    return this.#filled;
  }

  restore(): void {
    try {
      const saved = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
      if (typeof saved['prose'] === 'number') this.moveProse(saved['prose']);
      if (typeof saved['figure'] === 'number') this.#setFigure(saved['figure']);
    } catch {
      // Nothing kept, or nothing that can be read: the usual.
    }
  }

  /** Puts the text's edge at so many pixels from the left. */
  moveProse(pixels: number): void {
    const most = Math.max(least.prose, innerWidth - least.work);
    this.#prose = Math.round(Math.min(most, Math.max(least.prose, pixels)));
    this.#save();
  }

  growProse(by: number): void {
    this.moveProse((this.#prose ?? 460) + by);
  }

  /** Puts the figure's lower edge at a height of the window. */
  moveFigure(panels: HTMLElement, y: number): void {
    const { top, height } = panels.getBoundingClientRect();
    const share = Math.min(height - least.figure, Math.max(least.figure, y - top)) / height;
    this.#setFigure(share * 100);
  }

  growFigure(by: number): void {
    this.#setFigure((this.#figure ?? 56) + by / 8);
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

  #setFigure(percent: number): void {
    this.#filled = undefined;
    this.#figure = Math.round(Math.min(85, Math.max(15, percent)) * 10) / 10;
    this.#save();
  }

  #save(): void {
    try {
      localStorage.setItem(key, JSON.stringify({ prose: this.#prose, figure: this.#figure }));
    } catch {
      // A full or forbidden store: it holds for this visit.
    }
  }
}
