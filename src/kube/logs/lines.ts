import type { LogFiles } from './log-files.ts';

const newline = 0x0a;
const blockSize = 4096;

/** Where the last `lines` lines of a file begin (k8s.io/cri-client, pkg/logs/tail.go, findTailLineStartIndex). */
export async function findTailOffset(
  files: LogFiles,
  path: string,
  lines: number,
  signal: AbortSignal,
): Promise<number> {
  const { size } = await files.stat(path, signal);
  if (lines === 0) return size;
  let wanted = lines + 1;
  // What follows the last newline is a line not yet complete.
  for (let end = size; end > 0; end -= blockSize) {
    const start = Math.max(0, end - blockSize);
    const block = await files.read(path, { offset: start, length: end - start, signal });
    for (let at = block.length - 1; at >= 0; at--) {
      if (block[at] === newline && --wanted === 0) return start + at + 1;
    }
  }
  return 0;
}

/** Each with its newline; the last may lack it. */
export function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
    lines.push(bytes.subarray(start, end + 1));
    start = end + 1;
  }
  if (start < bytes.length) lines.push(bytes.subarray(start));
  return lines;
}
