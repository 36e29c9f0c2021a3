import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/**
 * SHA-256 as lower-case hex. The browser's own where there is one: pages served over plain HTTP
 * from elsewhere than localhost have no `crypto.subtle`.
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  // Missing outside secure contexts, whatever the type says.
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (!subtle) return bytesToHex(sha256(bytes));
  return bytesToHex(new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource)));
}
