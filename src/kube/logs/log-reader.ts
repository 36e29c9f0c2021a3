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
  /** Resolves when a file or directory changes, appears or goes. */
  waitForChange(path: string, signal: AbortSignal): Promise<void>;
}

const chunkSize = 64 << 10;
/** How often a followed container is looked at (logForceCheckPeriod). */
const checkPeriod = 1_000;
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
  const { tailLines, follow } = options;
  const { files } = node;
  let offset = tailLines === undefined ? 0 : await findTailOffset(files, path, tailLines, signal);
  let { inode } = await files.stat(path, signal);
  const formatter = new LineFormatter(options);
  for (;;) {
    const bytes = await files.read(path, { offset, length: chunkSize, signal });
    // Asked before the last look at the file, so that nothing written until then is missed.
    const running = follow && bytes.length === 0 && (await isRunning());
    const now = follow ? await statIfThere(node, path, signal) : undefined;
    if (now && (now.inode !== inode || now.size < offset)) {
      // Rotated, maybe before it was read: what was read is of the old file or of the new one.
      for await (const rest of rotatedContents(files, path, { inode, offset }, signal)) {
        yield* formatter.format(rest);
        if (formatter.done) return;
      }
      ({ inode } = now);
      offset = 0;
      continue;
    }
    offset += bytes.length;
    yield* formatter.format(bytes);
    if (formatter.done) return;
    if (bytes.length > 0) continue;
    if (!follow) break;
    if (now && now.size > offset) continue;
    if (!running) break;
    await changeOrCheck(node, path, clock, signal);
  }
  yield* formatter.end();
}

/**
 * What was added to a log after `offset` until it was rotated, and all of the files that came and were rotated after
 * it. They lie beside the log under its name and the time; what has been compressed already is not looked into.
 */
async function* rotatedContents(
  files: LogFiles,
  path: string,
  { inode, offset }: { inode: bigint; offset: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const slash = path.lastIndexOf('/');
  const [directory, base] = [path.slice(0, slash), path.slice(slash + 1)];
  const rotated = (await files.list(directory, signal))
    .filter(({ name }) => name.startsWith(`${base}.`) && !name.endsWith('.gz'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const first = rotated.findIndex((file) => file.inode === inode);
  if (first < 0) return;
  for (const [at, { name }] of rotated.slice(first).entries()) {
    let from = at === 0 ? offset : 0;
    for (;;) {
      const options = { offset: from, length: chunkSize, signal };
      const bytes = await files.read(`${directory}/${name}`, options);
      if (bytes.length === 0) break;
      from += bytes.length;
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
  const waits = [node.waitForChange(path, either), sleep(clock, checkPeriod, either)];
  try {
    await Promise.race(waits);
  } finally {
    over.abort();
    await Promise.allSettled(waits);
  }
}

async function statIfThere(node: FollowedFiles, path: string, signal: AbortSignal) {
  try {
    return await node.files.stat(path, signal);
  } catch (error) {
    if (signal.aborted) throw cancelledError(signal);
    if (asSandglassError(error).code === 'not-found') return undefined;
    throw error;
  }
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
