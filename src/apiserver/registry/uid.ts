/** A random UUID (RFC 9562, version 4). `crypto.randomUUID` is missing from pages that are not served securely. */
export function newUid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const maxNameLength = 63;
const randomLength = 5;
/** No vowels and no 0, 1 or 3: no words come out (apimachinery, pkg/util/rand/rand.go). */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** upstream: apiserver/pkg/storage/names/generate.go */
export function generateName(base: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(randomLength));
  const suffix = [...bytes].map((byte) => letters.charAt(byte % letters.length)).join('');
  return `${base.slice(0, maxNameLength - randomLength)}${suffix}`;
}
