export interface EmbedOptions {
  /** An address of this site, with its fragment; what it has of a query is dropped. */
  url: string;
  title: string;
}

/** One line of HTML that shows a page of this site, bare, inside another. */
export function embedLine({ url, title }: EmbedOptions): string {
  const address = new URL(url);
  address.search = '?embed';
  const attributes = {
    src: address.href,
    title,
    width: '100%',
    height: '560',
    style: 'border:1px solid #ccc;border-radius:8px',
    loading: 'lazy',
    allow: 'clipboard-write; fullscreen',
  };
  const text = Object.entries(attributes).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `<iframe ${text.join(' ')}></iframe>`;
}

/** For an attribute between double quotes (html.spec.whatwg.org, "escaping a string"). */
function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
