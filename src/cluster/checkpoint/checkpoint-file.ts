import { ByteReader } from '#base/byte-reader.ts';
import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { sha256Hex } from '#base/digest.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { gunzip, gzip } from '#base/gzip.ts';
import { readTar } from '#base/tar/reader.ts';
import type { TarEntry } from '#base/tar/entry.ts';
import { tarEnd, tarHeader, tarPadding } from '#base/tar/writer.ts';
import type { StoreSnapshot } from '#apiserver/storage/store.ts';
import type { Build } from '#cluster/build.ts';

export interface CheckpointFacts {
  build: Build;
  node: { name: string; memoryBytes: number };
  /** Milliseconds since 1970, by the saver's clock. */
  savedAt: number;
}

/** The cluster as a whole, at one moment. */
export interface Checkpoint extends CheckpointFacts {
  /** The API's objects and their revision. */
  store: StoreSnapshot;
  /** A snapshot file of the machine (vm/snapshot-file.ts), its archive's fids in it. */
  machine: Uint8Array;
}

interface CheckpointHeader extends CheckpointFacts {
  format: 'sandglass-checkpoint';
  version: 1;
  /** By their names in the archive. */
  parts: Record<string, { bytes: number; sha256: string }>;
}

/**
 * A tar archive in gzip, so that any tar shows what is in it: first what it is, then the API's
 * objects as JSON, then the machine.
 */
const memberNames = { header: 'checkpoint.json', store: 'api-store.json', machine: 'machine' };

/** Far more than a header needs, and than the 2 GiB that a machine can have: what claims more is no checkpoint. */
const longestHeader = 1 << 20;
const longestPart = 2 ** 31 + 2 ** 26;
/** Small enough to let a machine that shares the thread go on in between. */
const pieceBytes = 256 << 10;

/** The checkpoint as a file's bytes, compressed as they are read. */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<ByteSource> {
  const { build, node, savedAt, store, machine } = checkpoint;
  const storeJson = encodeJson(store);
  const header: CheckpointHeader = {
    format: 'sandglass-checkpoint',
    version: 1,
    build,
    node,
    savedAt,
    parts: {
      [memberNames.store]: await describe(storeJson),
      [memberNames.machine]: await describe(machine),
    },
  };
  const pieces = piecesOf(savedAt, [
    [memberNames.header, encodeJson(header)],
    [memberNames.store, storeJson],
    [memberNames.machine, machine],
  ]);
  return gzip({
    read: () => Promise.resolve(pieces.next().value ?? undefined),
    cancel: () => void pieces.return(undefined),
  });
}

/**
 * Reads a checkpoint to its end. Rejects with `failed-precondition` if it is of another build, with
 * `data-loss` if it is damaged or cut short, with `invalid-argument` if it is something else, each
 * in one sentence; with the source's own error if that fails.
 */
export async function decodeCheckpoint(
  source: ByteSource,
  build: Build,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const watched = watch(source);
  try {
    return await decode(watched, build, signal);
  } catch (thrown) {
    const error = asSandglassError(watched.failure ?? thrown);
    watched.cancel();
    // Of gzip and tar, whose words are not the reader's.
    if (error !== watched.failure && error.code === 'unknown') throw damaged(thrown);
    throw error;
  }
}

async function decode(
  source: ByteSource,
  build: Build,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  const reader = new ByteReader(source);
  const magic = await reader.peek(2, signal);
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) throw noCheckpoint();
  const members = readTar(gunzip(reader.remainder(), signal), signal);
  const header = parseHeader(await nextMember(members, memberNames.header, longestHeader));
  assertFits(header, build);
  const part = (name: string) => nextPart(members, name, header);
  const store = parseStore(await part(memberNames.store));
  const machine = await part(memberNames.machine);
  // To its end, where gzip's own checks stand.
  for await (const { path } of members) throw damaged(`unexpected ${path}`);
  const { node, savedAt } = header;
  return { build, node, savedAt, store, machine };
}

function* piecesOf(
  savedAt: number,
  members: readonly (readonly [path: string, data: Uint8Array])[],
): Generator<Uint8Array, undefined> {
  const mtime = { seconds: Math.floor(savedAt / 1000), nanoseconds: 0 };
  for (const [path, data] of members) {
    yield* tarHeader({ path, mtime }, data.length);
    for (let at = 0; at < data.length; at += pieceBytes) yield data.subarray(at, at + pieceBytes);
    const padding = tarPadding(data.length);
    if (padding.length > 0) yield padding;
  }
  yield tarEnd;
}

async function nextMember(
  members: AsyncGenerator<TarEntry>,
  name: string,
  limit: number,
): Promise<Uint8Array> {
  const { value: member } = (await members.next()) as { value: TarEntry | undefined };
  if (member?.path !== name) {
    throw name === memberNames.header ? noCheckpoint() : damaged(`no ${name}`);
  }
  if (member.size > limit) throw damaged(`${name} has ${member.size} bytes`);
  const chunks: Uint8Array[] = [];
  const { contents } = member;
  for (let chunk = await contents.read(); chunk; chunk = await contents.read()) chunks.push(chunk);
  return concatBytes(chunks);
}

async function nextPart(
  members: AsyncGenerator<TarEntry>,
  name: string,
  { parts }: CheckpointHeader,
): Promise<Uint8Array> {
  const bytes = await nextMember(members, name, longestPart);
  const is = await describe(bytes);
  if (parts[name]?.bytes !== is.bytes || parts[name].sha256 !== is.sha256) {
    throw damaged(`${name} has another digest`);
  }
  return bytes;
}

async function describe(bytes: Uint8Array): Promise<{ bytes: number; sha256: string }> {
  return { bytes: bytes.length, sha256: await sha256Hex(bytes) };
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw damaged(cause);
  }
}

function parseHeader(bytes: Uint8Array): CheckpointHeader {
  const header = parseJson(bytes) as Partial<CheckpointHeader> | null;
  if (header?.format !== 'sandglass-checkpoint') throw noCheckpoint();
  if ((header.version as number) !== 1) {
    throw new SandglassError(
      'failed-precondition',
      `The cluster was saved in version ${String(header.version)} of the format; this Sandglass reads version 1.`,
    );
  }
  const { build, node, savedAt, parts } = header;
  const complete =
    typeof build?.manifest === 'string' &&
    typeof build.emulator === 'string' &&
    typeof node?.name === 'string' &&
    Number.isSafeInteger(node.memoryBytes) &&
    typeof savedAt === 'number' &&
    typeof parts === 'object';
  if (!complete) throw damaged('its header lacks fields');
  return header as CheckpointHeader;
}

function assertFits({ build: saved }: CheckpointHeader, build: Build): void {
  if (saved.manifest === build.manifest && saved.emulator === build.emulator) return;
  throw new SandglassError(
    'failed-precondition',
    'The cluster was saved by another build of Sandglass, and its machine can go on only in that one.',
  );
}

function parseStore(bytes: Uint8Array): StoreSnapshot {
  const store = parseJson(bytes) as Partial<StoreSnapshot> | null;
  if (!Number.isSafeInteger(store?.revision) || typeof store?.collections !== 'object') {
    throw damaged('its store lacks fields');
  }
  return store as StoreSnapshot;
}

/** A source that remembers what it failed of. */
function watch(source: ByteSource): ByteSource & { readonly failure: unknown } {
  let failure: unknown;
  return {
    get failure() {
      return failure;
    },
    async read(signal) {
      try {
        return await source.read(signal);
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
    cancel: () => {
      source.cancel();
    },
  };
}

function noCheckpoint(): SandglassError {
  return new SandglassError('invalid-argument', 'This file is not a saved cluster.');
}

function damaged(cause: unknown): SandglassError {
  return new SandglassError('data-loss', 'The saved cluster is damaged or cut short.', { cause });
}
