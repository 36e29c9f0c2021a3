import { escapeHtml } from '#base/escape-html.ts';

export interface EmbedOptions {
  /** Of the page that is to be embedded, whole. */
  address: string;
  /** What screen readers call the frame. */
  title: string;
  /** Pixels; the width is that of what the frame stands in. */
  height?: number;
}

/** The line of HTML that puts a page of this site into another: `?embed` gives the bare thing. */
export function iframeLine({ address, title, height = 560 }: EmbedOptions): string {
  const url = new URL(address);
  const query = url.search.slice(1).split('&');
  // What is there stays as it is written: it may be a permalink.
  if (!query.includes('embed')) {
    url.search = [...query.filter((part) => part !== ''), 'embed'].join('&');
  }
  const attributes = {
    src: url.href,
    title,
    width: '100%',
    height: String(height),
    loading: 'lazy',
    allow: 'clipboard-write',
    style: 'border:0',
  };
  const written = Object.entries(attributes).map(
    ([name, value]) => `${name}="${escapeHtml(value)}"`,
  );
  return `<iframe ${written.join(' ')}></iframe>`;
}

/** Of a step of the lesson whose page is at an address, whatever else that says. */
export function stepAddress(address: string, step: string): string {
  const url = new URL(address);
  url.search = '';
  url.hash = step;
  return url.href;
}

/** The same page on its own: without `?embed`. */
export function addressAlone(address: string): string {
  const url = new URL(address);
  url.search = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== 'embed')
    .join('&');
  return url.href;
}
