import { protobufMediaType } from '#kube/protobuf/envelope.ts';
import { notAcceptable, unsupportedMediaType } from '#kube/status.ts';
import { userAgentOf } from '#kube/user-agent.ts';

export interface MediaRange {
  /** `application/json`, `application/*` or `*` + `/*`. */
  type: string;
  quality: number;
  parameters: ReadonlyMap<string, string>;
}

/** What of an object is sent: a table's rows, or metadata alone. */
export interface Conversion {
  kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  version: 'v1' | 'v1beta1';
}

export type MediaType = 'application/json' | 'application/yaml' | typeof protobufMediaType;

export interface Output {
  mediaType: MediaType;
  pretty: boolean;
  conversion: Conversion | undefined;
}

/** What objects may be sent and received as, in the order that answers name it. CBOR is not served. */
export const objectTypes: readonly MediaType[] = [
  'application/json',
  'application/yaml',
  protobufMediaType,
];

/** What documents are sent as that have no numbers for their fields here. */
export const documentTypes: readonly MediaType[] = ['application/json', 'application/yaml'];

/** The ranges of an Accept header, the most wanted first (RFC 9110, 12.5.1). */
export function parseAccept(header: string): MediaRange[] {
  return header
    .split(',')
    .map((clause) => parseMediaType(clause))
    .filter(({ type }) => type !== '')
    .sort((one, other) => other.quality - one.quality);
}

export function parseMediaType(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) {
      const value = part.slice(equals + 1).trim();
      parameters.set(part.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
    }
  }
  const quality = Number(parameters.get('q') ?? '1');
  return { type: type.toLowerCase(), quality: Number.isNaN(quality) ? 1 : quality, parameters };
}

export function matchesType({ type }: MediaRange, mediaType: string): boolean {
  if (type === '*/*' || type === mediaType) return true;
  return type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1));
}

/** Chooses what to answer with; throws 406 (upstream: apiserver, endpoints/handlers/negotiation). */
export function negotiateOutput(
  headers: Headers,
  query: URLSearchParams,
  offered: readonly MediaType[] = objectTypes,
): Output {
  const accept = headers.get('accept') ?? '';
  const pretty = isPretty(headers, query);
  if (accept.trim() === '') {
    return { mediaType: 'application/json', pretty, conversion: undefined };
  }
  for (const range of parseAccept(accept)) {
    const mediaType = offered.find((one) => matchesType(range, one));
    const conversion = mediaType && conversionOf(range);
    // Tables have no protobuf upstream either, and metadata alone has none here.
    const isPossible = mediaType !== protobufMediaType || conversion === undefined;
    if (mediaType && isPossible && conversion !== 'unknown') {
      return { mediaType, pretty: pretty || range.parameters.get('pretty') === '1', conversion };
    }
  }
  throw notAcceptable(`only the following media types are accepted: ${offered.join(', ')}`);
}

function conversionOf({ parameters }: MediaRange): Conversion | undefined | 'unknown' {
  const stream = parameters.get('stream');
  if (stream !== undefined && stream !== '' && stream !== 'watch') return 'unknown';
  const kind = parameters.get('as');
  const group = parameters.get('g');
  const version = parameters.get('v');
  if (kind === undefined && group === undefined && version === undefined) return undefined;
  const isKnown =
    kind === 'Table' || kind === 'PartialObjectMetadata' || kind === 'PartialObjectMetadataList';
  if (!isKnown || group !== 'meta.k8s.io') return 'unknown';
  return version === 'v1' || version === 'v1beta1' ? { kind, version } : 'unknown';
}

function isPretty(headers: Headers, query: URLSearchParams): boolean {
  const wanted = query.get('pretty') ?? '';
  if (wanted !== '') return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(wanted);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgentOf(headers));
}

/** Of a request's body; throws 415. Absent counts as JSON. */
export function inputTypeOf(headers: Headers): MediaType {
  const header = headers.get('content-type') ?? '';
  if (header === '') return 'application/json';
  const { type } = parseMediaType(header);
  const found = objectTypes.find((one) => one === type);
  if (found) return found;
  throw unsupportedFormat(objectTypes);
}

export function unsupportedFormat(accepted: readonly string[]): Error {
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}
