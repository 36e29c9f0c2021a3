/** Where a build's progress goes: a line a step, and below it what the step is at. */
export interface Progress {
  /** Something worth keeping on the screen. */
  say(line: string): void;
  /** Something that the next such line may replace. */
  at(line: string): void;
}

/** Without a terminal, passing lines are thinned out to this many milliseconds. */
const quietMs = 15_000;

export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let passing = false;
  let last = 0;
  const clear = () => {
    if (passing) stream.write('\r\x1b[K');
    passing = false;
  };
  return {
    say(line) {
      clear();
      stream.write(`${line}\n`);
      last = Date.now();
    },
    at(line) {
      if (stream.isTTY) {
        stream.write(`\r\x1b[K  ${line.slice(0, Math.max(20, stream.columns - 3))}`);
        passing = true;
      } else if (Date.now() - last >= quietMs) {
        stream.write(`  ${line}\n`);
        last = Date.now();
      }
    },
  };
}

export const silentProgress: Progress = {
  say: () => undefined,
  at: () => undefined,
};

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}
