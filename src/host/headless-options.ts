import path from 'node:path';
import { parseArgs } from 'node:util';
import { SandglassError } from '#base/errors.ts';
import type { ListenOptions } from '#rpc/contracts.ts';

export interface HeadlessOptions {
  help: boolean;
  memoryBytes: number | undefined;
  copies: { file: string; guestPath: string }[];
  /** A command line for the node's shell; interactive without it. */
  run: string | undefined;
  /** Archives of container images. */
  images: string[];
  kubelet: boolean;
  listen: ListenOptions;
  readyFile: string | undefined;
  /** A saved cluster to go on from. */
  checkpoint: string | undefined;
  /** Where the cluster is saved at the end, and at SIGUSR2. */
  saveCheckpoint: string | undefined;
  /** Whether clients outside are what it is run for, rather than a shell. */
  serves: boolean;
}

export const usage = `Usage: npm run headless -- [OPTION]…

Boots the node under Node.js, in a worker thread, with an interactive shell on it, or serves its
Kubernetes API and its CRI until SIGTERM or Ctrl-C.

  --memory MB              give the machine MB megabytes and boot it cold (the snapshot has 256)
  --copy FILE:GUEST_PATH   copy FILE of this machine to GUEST_PATH on the node first; may be repeated
  --run COMMAND            run COMMAND by the node's shell with these standard streams, and end with
                           its exit code (128 plus the signal's number if a signal ended it)
  --kube-port N            serve the Kubernetes API over HTTP at 127.0.0.1:N, and at 127.0.0.1:8080 on
                           the node; 0 chooses a free port
  --cri-socket PATH        serve the CRI as gRPC at the unix socket PATH, and at
                           /run/sandglass/cri.sock on the node; what Exec, Attach and PortForward
                           return is good for both
  --ready-file FILE        write where it listens to FILE, as JSON, when the node is Ready; FILE is
                           removed at the end
  --no-kubelet             run no scheduler and no kubelet: the CRI is left to its clients
  --load-image TAR         load the container images of TAR (an OCI layout, or of "docker save");
                           may be repeated
  --checkpoint FILE        go on from the cluster that was saved in FILE, its pods running
  --save-checkpoint FILE   save the cluster in FILE at the end, be it SIGTERM, Ctrl-C or that of a
                           command, and whenever SIGUSR2 comes; the same signal again ends without
  --help                   show this text
`;

/** v86 places an initramfs at 64 MiB, and can address just under 2 GiB (v86, kernel.js). */
const memoryLimits = { least: 96, most: 1984 };

export function parseHeadlessOptions(argv: readonly string[]): HeadlessOptions {
  const { values } = parse(argv);
  const { 'kube-port': kubePort, 'cri-socket': criSocket, 'ready-file': readyFile } = values;
  const { checkpoint, 'save-checkpoint': saveCheckpoint } = values;
  if (checkpoint !== undefined && values.memory !== undefined) {
    throw new SandglassError(
      'invalid-argument',
      '--memory cannot go with --checkpoint: the saved machine has its own.',
    );
  }
  return {
    help: values.help ?? false,
    memoryBytes: values.memory === undefined ? undefined : parseMemory(values.memory),
    copies: (values.copy ?? []).map(parseCopy),
    run: values.run,
    images: values['load-image'] ?? [],
    kubelet: !values['no-kubelet'],
    listen: {
      ...(kubePort !== undefined && { kubePort: parsePort(kubePort) }),
      ...(criSocket !== undefined && { criSocket: parsePath('--cri-socket', criSocket) }),
    },
    readyFile: parseOptionalPath('--ready-file', readyFile),
    checkpoint: parseOptionalPath('--checkpoint', checkpoint),
    saveCheckpoint: parseOptionalPath('--save-checkpoint', saveCheckpoint),
    serves: [kubePort, criSocket, readyFile].some((value) => value !== undefined),
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
        'kube-port': { type: 'string' },
        'cri-socket': { type: 'string' },
        'ready-file': { type: 'string' },
        'no-kubelet': { type: 'boolean' },
        'load-image': { type: 'string', multiple: true },
        checkpoint: { type: 'string' },
        'save-checkpoint': { type: 'string' },
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

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new SandglassError(
    'invalid-argument',
    `--kube-port takes a port from 1 to 65535, or 0 for a free one, not "${text}".`,
  );
}

function parseOptionalPath(option: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : parsePath(option, text);
}

/** Absolute, as the addresses that are told to others are. */
function parsePath(option: string, text: string): string {
  if (text === '') throw new SandglassError('invalid-argument', `${option} takes a path.`);
  return path.resolve(text);
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
