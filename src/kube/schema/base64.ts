/** Standard base64 (RFC 4648, 4). */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function base64ToBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Where Go's decoder of standard base64 stops, in bytes of the input. */
export function brokenBase64At(text: string): number | undefined {
  const alphabet = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const padding = text.slice(alphabet);
  if (padding === '') return text.length % 4 === 0 ? undefined : text.length - (text.length % 4);
  const wanted = (4 - (alphabet % 4)) % 4;
  if (wanted === 0 || wanted === 3) return alphabet;
  if (padding === '='.repeat(wanted)) return undefined;
  if (!padding.startsWith('='.repeat(wanted))) {
    return padding.startsWith('=') ? Math.min(text.length, alphabet + 1) : alphabet;
  }
  return alphabet + wanted;
}
