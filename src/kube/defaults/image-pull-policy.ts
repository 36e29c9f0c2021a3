/** `Always` for an image whose tag is or comes to be `latest`, as pkg/util/parsers reads the name. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  return tagOf(image) === 'latest' ? 'Always' : 'IfNotPresent';
}

const tagPattern = /^[\w][\w.-]{0,127}$/;
const namePattern = /^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;

/** Empty where the image has a digest alone, or is not a reference at all. */
function tagOf(image: string): string {
  const [reference = '', digest] = image.split('@', 2);
  const lastPart = reference.slice(reference.lastIndexOf('/') + 1);
  const colon = lastPart.indexOf(':');
  const tag = colon < 0 ? undefined : lastPart.slice(colon + 1);
  const name =
    tag === undefined ? reference : reference.slice(0, reference.length - tag.length - 1);
  if (!namePattern.test(name) || (tag !== undefined && !tagPattern.test(tag))) return '';
  return tag ?? (digest === undefined ? 'latest' : '');
}
