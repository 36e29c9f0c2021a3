import { type Clock, sleep } from '#base/clock.ts';
import { concatBytes } from '#base/byte-stream.ts';
import { asSandglassError, cancelledError } from '#base/errors.ts';
import { parseTime } from '#kube/time.ts';
import { type CriLogLine, type LogStream, parseCriLogLine, timestampPrefix } from './cri-log.ts';
import { findTailOffset, splitLines } from './lines.ts';
import type { LogFiles } from './log-files.ts';

export interface LogOptions {
  /** The last so many lines; all without it. */
  tailLines?: number | undefined;
  /** Milliseconds since 1970. */
  since?: number | undefined;
  limitBytes?: number | undefined;
  timestamps: boolean;
  follow: boolean;
  stream?: LogStream | undefined;
}

/** What was written one after the other to the same stream. */
export interface LogChunk {
  stream: LogStream;
  bytes: Uint8Array;
}

export interface FollowedFiles {
  files: LogFiles;
  /** Resolves when a file or directory changes, appears or goes, at most `lookEvery` milliseconds later. */
  waitForChange(path: string, lookEvery: number, signal: AbortSignal): Promise<void>;
}

const chunkSize = 64 << 10;
/** How often a followed container is looked at (logForceCheckPeriod). */
const checkPeriod = 1_000;
/** Milliseconds between two looks at its log; on other nodes inotify tells at once. */
const lookEvery = 250;
const newline = 0x0a;

/**
 * A container's log from its file, and what is added to it for as long as the container runs
 * (k8s.io/cri-client, pkg/logs/logs.go, ReadLogs).
 */
export async function* readLogs(
  node: FollowedFiles,
  path: string,
  options: LogOptions,
  isRunning: () => Promise<boolean>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<LogChunk, void, undefined> {
  const { follow } = options;
  const { files } = node;
  const position = await firstPosition(node, path, options, isRunning, clock, signal);
  const formatter = new LineFormatter(options);
  for (;;) {
    const read = { offset: position.offset, length: chunkSize, signal };
    const bytes = follow
      ? await ifThere(files.read(path, read), signal)
      : await files.read(path, read);
    const isAtEnd = bytes === undefined || bytes.length === 0;
    // Asked before the last look at the file, so that nothing written until then is missed.
    const running = follow && isAtEnd && (await isRunning());
    const now = follow ? await ifThere(files.stat(path, signal), signal) : undefined;
    if (follow && (now?.inode !== position.inode || now.size < position.offset)) {
      // Rotated, maybe before it was read: what was read is of the old file or of the new one.
      for await (const rest of rotatedContents(files, path, position, signal)) {
        yield* formatter.format(rest);
        if (formatter.done) return;
      }
      if (now) {
        Object.assign(position, { inode: now.inode, offset: 0 });
        continue;
      }
      // Renamed, and not opened anew yet.
      if (isAtEnd && !running) break;
      await changeOrCheck(node, path, clock, signal);
      continue;
    }
    if (bytes && bytes.length > 0) {
      position.offset += bytes.length;
      yield* formatter.format(bytes);
      if (formatter.done) return;
      continue;
    }
    if (!follow) break;
    if (now && now.size > position.offset) continue;
    if (!running) break;
    await changeOrCheck(node, path, clock, signal);
  }
  yield* formatter.end();
}

/** Up to where a log has been read. */
interface Position {
  /** Of the file, whatever it is called by now. */
  inode: bigint;
  offset: number;
}

/** Waits for a log that is being rotated. */
async function firstPosition(
  node: FollowedFiles,
  path: string,
  { tailLines, follow }: LogOptions,
  isRunning: () => Promise<boolean>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Position> {
  const { files } = node;
  for (;;) {
    try {
      const offset =
        tailLines === undefined ? 0 : await findTailOffset(files, path, tailLines, signal);
      const { inode } = await files.stat(path, signal);
      return { inode, offset };
    } catch (error) {
      if (!follow || !isMissing(error, signal) || !(await isRunning())) throw error;
    }
    await changeOrCheck(node, path, clock, signal);
  }
}

/**
 * What was added to a log after the position until it was rotated, and all of the files that came and were rotated
 * after it; the position moves on with them. They lie beside the log under its name and the time; what has been
 * compressed already is not looked into.
 */
async function* rotatedContents(
  files: LogFiles,
  path: string,
  position: Position,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const slash = path.lastIndexOf('/');
  const [directory, base] = [path.slice(0, slash), path.slice(slash + 1)];
  const rotated = (await files.list(directory, signal))
    .filter(({ name }) => name.startsWith(`${base}.`) && !name.endsWith('.gz'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const first = rotated.findIndex(({ inode }) => inode === position.inode);
  if (first < 0) return;
  for (const { name, inode } of rotated.slice(first)) {
    if (inode !== position.inode) Object.assign(position, { inode, offset: 0 });
    for (;;) {
      const read = { offset: position.offset, length: chunkSize, signal };
      // Compressed meanwhile, or called as before again, if it could not be opened anew.
      const bytes = await ifThere(files.read(`${directory}/${name}`, read), signal);
      if (!bytes || bytes.length === 0) break;
      position.offset += bytes.length;
      yield bytes;
    }
  }
}

/** Waits for more, or for the time to look again whether the container still runs. */
async function changeOrCheck(
  node: FollowedFiles,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const waits = [node.waitForChange(path, lookEvery, either), sleep(clock, checkPeriod, either)];
  try {
    await Promise.race(waits);
  } finally {
    over.abort();
    await Promise.allSettled(waits);
  }
}

/** Undefined in place of a file that is not there. */
async function ifThere<T>(look: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (isMissing(error, signal)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) throw cancelledError(signal);
  return asSandglassError(error).code === 'not-found';
}

/** Turns the file's lines into what was asked for, and counts the bytes. */
class LineFormatter {
  readonly #options: LogOptions;
  #unfinished: Uint8Array = new Uint8Array();
  #isWithinLine = false;
  #left: number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Infinity;
  }

  get done(): boolean {
    return this.#left <= 0;
  }

  format(bytes: Uint8Array): LogChunk[] {
    if (bytes.length === 0) return [];
    const lines = splitLines(concatBytes([this.#unfinished, bytes]));
    const last = lines.at(-1);
    this.#unfinished = new Uint8Array();
    if (last && last.at(-1) !== newline) {
      this.#unfinished = last;
      lines.pop();
    }
    return this.#chunks(lines);
  }

  /** A last line without its newline. */
  end(): LogChunk[] {
    const line = this.#unfinished;
    this.#unfinished = new Uint8Array();
    return line.length === 0 ? [] : this.#chunks([line]);
  }

  #chunks(lines: readonly Uint8Array[]): LogChunk[] {
    const chunks: { stream: LogStream; parts: Uint8Array[] }[] = [];
    for (const bytes of lines) {
      const line = parseCriLogLine(bytes);
      if (!line) continue;
      const shown = this.#shown(line);
      if (!this.#wanted(line)) continue;
      if (chunks.at(-1)?.stream !== line.stream) chunks.push({ stream: line.stream, parts: [] });
      chunks.at(-1)?.parts.push(...shown);
    }
    return chunks
      .map(({ stream, parts }) => ({ stream, bytes: this.#limit(concatBytes(parts)) }))
      .filter(({ bytes }) => bytes.length > 0);
  }

  #shown(line: CriLogLine): Uint8Array[] {
    // What goes on a line that is written already has its time.
    const isNew = !this.#isWithinLine;
    this.#isWithinLine = line.content.length > 0 && line.content.at(-1) !== newline;
    return this.#options.timestamps && isNew
      ? [timestampPrefix(line), line.content]
      : [line.content];
  }

  #wanted({ stream, timestamp }: CriLogLine): boolean {
    const { since, stream: only } = this.#options;
    if (only !== undefined && stream !== only) return false;
    return since === undefined || (parseTime(timestamp) ?? 0) >= since;
  }

  #limit(bytes: Uint8Array): Uint8Array {
    const allowed = bytes.subarray(0, Math.min(bytes.length, this.#left));
    this.#left -= allowed.length;
    return allowed;
  }
}
