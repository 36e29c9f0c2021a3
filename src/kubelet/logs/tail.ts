import { concatBytes } from '#base/byte-stream.ts';
import { parseCriLogLine } from '#kube/logs/cri-log.ts';
import { findTailOffset, splitLines } from '#kube/logs/lines.ts';
import type { NodeFiles } from '#kubelet/ports.ts';

/** The last lines of a container's log as text, no more than so many bytes; empty when there is none. */
export async function readTail(
  files: NodeFiles,
  path: string,
  limits: { lines: number; bytes: number },
  signal: AbortSignal,
): Promise<string> {
  if (!(await files.exists(path, signal))) return '';
  const offset = await findTailOffset(files, path, limits.lines, signal);
  const lines = splitLines(await files.read(path, { offset, signal }));
  const content = concatBytes(lines.flatMap((line) => parseCriLogLine(line)?.content ?? []));
  return new TextDecoder().decode(content.subarray(Math.max(0, content.length - limits.bytes)));
}
