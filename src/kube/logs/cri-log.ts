import { parseTime } from '#kube/time.ts';

export type LogStream = 'stdout' | 'stderr';

/** One line of a log file in the CRI's format (pkg/kubelet/kuberuntime/logs, parseCRILog). */
export interface CriLogLine {
  /** As written. */
  timestamp: string;
  stream: LogStream;
  /** The line goes on in the next entry. */
  partial: boolean;
  /** With its newline, unless partial. */
  content: Uint8Array;
}

const space = 0x20;
const newline = 0x0a;

/** Undefined for what is no such line. `line` ends with its newline if the file has it. */
export function parseCriLogLine(line: Uint8Array): CriLogLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const decoder = new TextDecoder();
  const timestamp = decoder.decode(line.subarray(0, first));
  const stream = decoder.decode(line.subarray(first + 1, second));
  const tags = decoder.decode(line.subarray(second + 1, third)).split(':');
  if (parseTime(timestamp) === undefined || (stream !== 'stdout' && stream !== 'stderr'))
    return undefined;
  const partial = tags[0] === 'P';
  let content = line.subarray(third + 1);
  if (partial && content.at(-1) === newline) content = content.subarray(0, -1);
  return { timestamp, stream, partial, content };
}

/** For `--timestamps`: with nine decimals. */
export function timestampPrefix({ timestamp }: CriLogLine): Uint8Array {
  const text = timestamp.replace(
    /(?:\.(\d+))?(?=Z|[-+]\d\d:\d\d$)/i,
    (_, decimals: string | undefined) => `.${(decimals ?? '').slice(0, 9).padEnd(9, '0')}`,
  );
  return new TextEncoder().encode(`${text} `);
}
