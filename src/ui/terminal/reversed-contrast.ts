import type { Terminal } from '@xterm/xterm';
import { SandglassError } from '#base/errors.ts';

/** What is read of xterm.js' internals. */
interface Colour {
  readonly rgba: number;
}

interface Cell {
  isInverse(): number;
  isBgDefault(): boolean;
}

type ApplyMinimumContrast = (
  this: RowFactory,
  element: HTMLElement,
  background: Colour,
  foreground: Colour,
  ...rest: [cell: Cell, ...unknown[]]
) => boolean;

interface RowFactory {
  _themeService: { colors: { background: Colour } };
  _applyMinimumContrast: ApplyMinimumContrast;
}

interface TerminalInternals {
  _core: { _renderService: { _renderer: { value?: { _rowFactory?: RowFactory } } } };
}

let mended = false;

/**
 * Lets xterm.js' DOM renderer keep the contrast of reversed text. Where the cell's own background is the
 * theme's it measures the theme's foreground instead, on the foreground, and so recolours every title bar
 * and status line (DomRendererRowFactory.ts of 6.0.0, CM_DEFAULT). Its WebGL renderer does it right.
 * The terminal must be open. Other terminals, also later ones, are mended along with it.
 */
export function mendReversedContrast(terminal: Terminal): void {
  if (mended) return;
  const { _core: core } = terminal as unknown as TerminalInternals;
  const factory = core._renderService._renderer.value?._rowFactory;
  if (!factory) throw new SandglassError('internal', 'xterm.js is not the version that was read.');
  const prototype = Object.getPrototypeOf(factory) as RowFactory;
  const { _applyMinimumContrast: apply } = prototype;
  prototype._applyMinimumContrast = function (element, background, foreground, ...rest) {
    const [cell] = rest;
    const ofTheme = cell.isInverse() !== 0 && cell.isBgDefault();
    const actual = ofTheme ? this._themeService.colors.background : foreground;
    return apply.call(this, element, background, actual, ...rest);
  };
  mended = true;
}
