/** Pixels from an end at which a reader still counts as there. */
const slack = 24;

/** What keeps a scrolled list where its reader has it: at the end that new entries come to, or where they are reading. */
export class Following {
  readonly #end: 'top' | 'bottom';
  #box: HTMLElement | undefined;
  #isAtEnd = true;

  /** @param end where new entries come */
  constructor(end: 'top' | 'bottom') {
    this.#end = end;
  }

  /** For `{@attach}` at the list: from now on its box, the nearest that scrolls it, is watched. */
  readonly watch = (list: HTMLElement): (() => void) => {
    const box = list.closest<HTMLElement>('.content, .list');
    if (!box) return () => undefined;
    this.#box = box;
    const onscroll = () => {
      this.#isAtEnd = this.#distance(box) <= slack;
    };
    box.addEventListener('scroll', onscroll, { passive: true });
    this.toEnd();
    return () => {
      box.removeEventListener('scroll', onscroll);
      this.#box = undefined;
    };
  };

  /** New entries have been drawn: whoever was at their end sees them. */
  follow(): void {
    if (this.#isAtEnd) this.toEnd();
  }

  toEnd(): void {
    this.#box?.scrollTo(0, this.#end === 'top' ? 0 : this.#box.scrollHeight);
  }

  /** Brings an entry into view, without moving what the list itself stands in. */
  reveal(entry: HTMLElement): void {
    if (!this.#box) return;
    const [seen, wanted] = [this.#box.getBoundingClientRect(), entry.getBoundingClientRect()];
    const above = wanted.top - seen.top;
    const below = wanted.bottom - seen.bottom;
    if (above < 0) this.#box.scrollBy(0, above);
    else if (below > 0) this.#box.scrollBy(0, below);
  }

  #distance({ scrollTop, clientHeight, scrollHeight }: HTMLElement): number {
    return this.#end === 'top' ? scrollTop : scrollHeight - clientHeight - scrollTop;
  }
}
