type CreateElement = (
  this: Document,
  name: string,
  options?: ElementCreationOptions,
) => HTMLElement;

let installed = false;

/**
 * xterm.js' DOM renderer and scroll bar make `<style>` elements, and its rows are given `style`
 * attributes (DomRenderer.ts, Viewport.ts, DomRendererRowFactory.ts of 6.0.0); a Content-Security-Policy
 * would have to allow 'unsafe-inline' styles for that. The CSSOM is not under the policy, so that both
 * are led there: to constructed style sheets and `element.style`. `documentOverride` would keep this to
 * xterm.js alone, but its scroll bar does not ask it (CoreBrowserTerminal.ts, `mainDocument`).
 */
export function installStrictStyles(): void {
  if (installed) return;
  installed = true;
  const create: CreateElement = Reflect.get(document, 'createElement');
  Object.defineProperty(document, 'createElement', {
    configurable: true,
    value: (name: string, options?: ElementCreationOptions): HTMLElement => {
      if (name === 'style') return styleElement();
      const element = create.call(document, name, options);
      if (name === 'span') element.setAttribute = setAttribute;
      return element;
    },
  });
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** Stands for a `<style>` element: what is written into it applies until it is removed. */
function styleElement(): HTMLElement {
  const sheet = new CSSStyleSheet();
  let text = '';
  const element = document.createElement('template');
  Object.defineProperty(element, 'textContent', {
    get: () => text,
    set: (value: string) => {
      text = value;
      sheet.replaceSync(value);
    },
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return element;
}
