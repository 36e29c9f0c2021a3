import { quote } from '#kube/go-text.ts';
import { invalid, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';

/** An address as its groups: four bytes or eight words. */
interface Address {
  family: 4 | 6;
  groups: readonly number[];
  hasLeadingZeros: boolean;
}

/** apimachinery, pkg/util/validation/ip.go: written as the address itself would be. */
export function validateIP(path: FieldPath, value: string): FieldError[] {
  const address = parseAddress(value);
  if (!address) {
    const detail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
    return [invalid(path, value, detail)];
  }
  if (address.hasLeadingZeros) return [invalid(path, value, 'must not have leading 0s')];
  if (isMapped(address)) {
    return [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')];
  }
  const canonical = formatAddress(address);
  return value === canonical
    ? []
    : [invalid(path, value, `must be in canonical form (${quote(canonical)})`)];
}

export function validateCIDR(path: FieldPath, value: string): FieldError[] {
  const [text = '', length = '', ...rest] = value.split('/');
  const address = parseAddress(text);
  const bits = address?.family === 4 ? 32 : 128;
  if (!address || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits) {
    const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
    return [invalid(path, value, detail)];
  }
  if (address.hasLeadingZeros || /^0\d/.test(length)) {
    return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  }
  if (isMapped(address)) {
    return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  }
  if (hasHostBits(address, Number(length))) {
    return [invalid(path, value, 'must not have bits set beyond the prefix length')];
  }
  const canonical = `${formatAddress(address)}/${length}`;
  return value === canonical
    ? []
    : [invalid(path, value, `must be in canonical form (${quote(canonical)})`)];
}

export function ipFamily(value: string): 4 | 6 | undefined {
  return parseAddress(value)?.family;
}

function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  const hasLeadingZeros = parts.some((part) => part.length > 1 && part.startsWith('0'));
  return { family: 4, groups: parts.map(Number), hasLeadingZeros };
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseWords);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const zeros = Array<number>(8 - given).fill(0);
  return { family: 6, groups: [...head, ...zeros, ...(tail ?? [])], hasLeadingZeros: false };
}

/** Of one side of `::`; the last part may be an IPv4 address. */
function parseWords(text: string): number[] | undefined {
  if (text === '') return [];
  const words: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 && part.includes('.') ? parseV4(part) : undefined;
    if (v4) {
      const [a = 0, b = 0, c = 0, d = 0] = v4.groups;
      words.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      words.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return words;
}

function isMapped({ family, groups }: Address): boolean {
  return family === 6 && groups.slice(0, 5).every((word) => word === 0) && groups[5] === 0xffff;
}

function hasHostBits({ family, groups }: Address, length: number): boolean {
  const width = family === 4 ? 8 : 16;
  return groups.some((group, index) => {
    const kept = Math.min(width, Math.max(0, length - index * width));
    return (group & ((1 << (width - kept)) - 1)) !== 0;
  });
}

/** RFC 5952: the longest run of zero words, of at least two, becomes `::`. */
function formatAddress({ family, groups }: Address): string {
  if (family === 4) return groups.join('.');
  let [start, length] = [0, 0];
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (groups[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const words = groups.map((word) => word.toString(16));
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}
