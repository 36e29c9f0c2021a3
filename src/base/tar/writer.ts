import { concatBytes } from '#base/byte-stream.ts';
import { type TarHeader, blockBytes, typeFlags } from './entry.ts';
import { checksum } from './fields.ts';
import { formatPax } from './pax.ts';

/** A member to be written; what is left out is zero, empty, or usual. */
export type TarMember = Pick<TarHeader, 'path'> &
  Partial<Omit<TarHeader, 'path' | 'size'>> & { readonly data?: Uint8Array | string };

/** An archive of the ustar kind, with pax headers where a member needs them: the same members, the same bytes. */
export function writeTar(members: Iterable<TarMember>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const member of members) parts.push(...memberBlocks(member));
  parts.push(tarEnd);
  return concatBytes(parts);
}

/** What ends an archive. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes);

/** What stands behind contents of the size, up to the next block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes);
}

function memberBlocks(member: TarMember): Uint8Array[] {
  const data =
    typeof member.data === 'string'
      ? new TextEncoder().encode(member.data)
      : (member.data ?? new Uint8Array(0));
  return [...tarHeader(member, data.length), padded(data)];
}

/** What stands before a member's contents. */
export function tarHeader(member: Omit<TarMember, 'data'>, size: number): Uint8Array[] {
  const { type = 'file', target = '', xattrs = new Map<string, Uint8Array>() } = member;
  const path = type === 'directory' ? `${member.path}/` : member.path;
  const pax = new Map<string, Uint8Array>();
  const split = splitPath(path);
  if (!split) pax.set('path', new TextEncoder().encode(path));
  if (byteLength(target) > 100) pax.set('linkpath', new TextEncoder().encode(target));
  for (const [name, value] of xattrs) pax.set(`SCHILY.xattr.${name}`, value);
  const blocks: Uint8Array[] = [];
  if (pax.size > 0) {
    const records = formatPax(pax);
    blocks.push(headerBlock({ name: 'PaxHeader', prefix: '' }, 'x', {}, '', records.length));
    blocks.push(padded(records));
  }
  const name = split ?? { name: path.slice(0, 33), prefix: '' };
  blocks.push(headerBlock(name, typeFlags[type], member, target, size));
  return blocks;
}

function headerBlock(
  { name, prefix }: { name: string; prefix: string },
  flag: string,
  member: Partial<TarMember>,
  target: string,
  size: number,
): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const text = (at: number, length: number, value: string) => {
    block.set(new TextEncoder().encode(value).subarray(0, length), at);
  };
  const octal = (at: number, length: number, value: number) => {
    text(at, length, value.toString(8).padStart(length - 1, '0'));
  };
  const usualMode = member.type === 'directory' ? 0o755 : 0o644;
  text(0, 100, name);
  octal(100, 8, member.mode ?? usualMode);
  octal(108, 8, member.uid ?? 0);
  octal(116, 8, member.gid ?? 0);
  octal(124, 12, size);
  octal(136, 12, member.mtime?.seconds ?? 0);
  text(156, 1, flag);
  text(157, 100, target);
  text(257, 8, 'ustar\x0000');
  octal(329, 8, member.major ?? 0);
  octal(337, 8, member.minor ?? 0);
  text(345, 155, prefix);
  text(148, 8, `${checksum(block).toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** As ustar holds it: at a slash, so that both parts fit; `undefined` if it cannot. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (name !== '' && byteLength(prefix) <= 155 && byteLength(name) <= 100)
      return { name, prefix };
  }
  return undefined;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function padded(data: Uint8Array): Uint8Array {
  return concatBytes([data, tarPadding(data.length)]);
}
