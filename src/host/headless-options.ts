import { parseArgs } from 'node:util';
import { SandglassError } from '#base/errors.ts';

export interface HeadlessOptions {
  help: boolean;
  memoryBytes: number | undefined;
  copies: { file: string; guestPath: string }[];
  /** A command line for the node's shell; interactive without it. */
  run: string | undefined;
}

export const usage = `Usage: npm run headless -- [OPTION]…

Boots the node under Node.js, in a worker thread, with an interactive shell on it.

  --memory MB              give the machine MB megabytes and boot it cold (the snapshot has 256)
  --copy FILE:GUEST_PATH   copy FILE of this machine to GUEST_PATH on the node first; may be repeated
  --run COMMAND            run COMMAND by the node's shell with these standard streams, and end with
                           its exit code (128 plus the signal's number if a signal ended it)
  --help                   show this text
`;

/** v86 places an initramfs at 64 MiB, and can address just under 2 GiB (v86, kernel.js). */
const memoryLimits = { least: 96, most: 1984 };

export function parseHeadlessOptions(argv: readonly string[]): HeadlessOptions {
  const { values } = parse(argv);
  return {
    help: values.help ?? false,
    memoryBytes: values.memory === undefined ? undefined : parseMemory(values.memory),
    copies: (values.copy ?? []).map(parseCopy),
    run: values.run,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean' },
        memory: { type: 'string' },
        copy: { type: 'string', multiple: true },
        run: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new SandglassError('invalid-argument', (cause as Error).message, { cause });
  }
}

function parseMemory(text: string): number {
  const megabytes = Number(text);
  if (
    !Number.isInteger(megabytes) ||
    megabytes < memoryLimits.least ||
    megabytes > memoryLimits.most
  ) {
    throw new SandglassError(
      'invalid-argument',
      `--memory takes whole megabytes from ${memoryLimits.least} to ${memoryLimits.most}, not "${text}".`,
    );
  }
  return megabytes * 2 ** 20;
}

function parseCopy(text: string): { file: string; guestPath: string } {
  // The last colon followed by a slash: file names may hold colons.
  const separator = text.lastIndexOf(':/');
  if (separator <= 0) {
    throw new SandglassError(
      'invalid-argument',
      `--copy takes FILE:GUEST_PATH with an absolute GUEST_PATH, not "${text}".`,
    );
  }
  return { file: text.slice(0, separator), guestPath: text.slice(separator + 1) };
}
