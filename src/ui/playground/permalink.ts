import { SandglassError } from '#base/errors.ts';
import { words } from '#ui/words/words.ts';
import { type Layout, readLayout } from './layout.ts';
import { isManifestFile } from './manifest-file.ts';

/** What a link carries. */
export interface Shared {
  file: string;
  manifest: string;
  layout: Layout;
}

/** How the fragment begins; another number is another form. */
const version = 'v1.';
/** Characters; what mail programs and chats pass on whole. */
const longestFragment = 32 << 10;
/** Bytes; a few kilobytes can unpack to gigabytes. */
const longestContent = 256 << 10;

/**
 * The fragment of an address, without its `#`: JSON, deflated (RFC 1951), as base64url (RFC 4648). Rejects with
 * `resource-exhausted` for a manifest that is too long for an address.
 */
export async function encodeFragment({ file, manifest, layout }: Shared): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify({ file, manifest, layout }));
  if (json.length > longestContent) throw tooLong();
  const deflated = await collect(through(json, new CompressionStream('deflate-raw')), Infinity);
  const fragment = `${version}${toBase64Url(deflated)}`;
  if (fragment.length > longestFragment) throw tooLong();
  return fragment;
}

/** A page's address with what it shares, and without its query. Rejects as `encodeFragment` does. */
export async function linkTo(address: string, shared: Shared): Promise<string> {
  const url = new URL(address);
  url.search = '';
  url.hash = await encodeFragment(shared);
  return url.href;
}

/**
 * What a fragment carries, each field checked: it may come from anybody. Nothing for a fragment that is no link of
 * ours; rejects with `invalid-argument` for one that is damaged, too long or of a later form.
 */
export async function decodeFragment(fragment: string): Promise<Shared | undefined> {
  if (!/^v\d+\./.test(fragment)) return undefined;
  if (!fragment.startsWith(version)) throw unreadable(words.permalink.newer);
  if (fragment.length > longestFragment) throw unreadable(words.permalink.tooLong);
  const text = await inflate(fragment.slice(version.length));
  return sharedIn(parse(text));
}

async function inflate(encoded: string): Promise<string> {
  try {
    const deflated = fromBase64Url(encoded);
    const stream = through(deflated, new DecompressionStream('deflate-raw'));
    const bytes = await collect(stream, longestContent);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(words.permalink.notWhole, cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(words.permalink.damaged, cause);
  }
}

function sharedIn(content: unknown): Shared {
  if (typeof content !== 'object' || content === null) throw unreadable(words.permalink.empty);
  const { file, manifest, layout } = content as Record<string, unknown>;
  if (typeof manifest !== 'string') throw unreadable(words.permalink.noManifest);
  // The name is typed into a shell: nothing but a plain one.
  if (typeof file !== 'string' || !isManifestFile(file)) {
    throw unreadable(words.permalink.badName);
  }
  return { file, manifest, layout: readLayout(layout) };
}

function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
) {
  return new Blob([bytes]).stream().pipeThrough(transform);
}

/** Gives up, and reads no more, once there is more than `most` bytes. */
async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > most) {
      await reader.cancel();
      throw unreadable(words.permalink.tooMuch);
    }
    parts.push(part.value.slice());
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function toBase64Url(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function tooLong(): SandglassError {
  return new SandglassError('resource-exhausted', words.permalink.manifestTooLong);
}

function unreadable(message: string, cause?: unknown): SandglassError {
  return new SandglassError('invalid-argument', message, { cause });
}
