import { constants } from 'node:os';
import { systemClock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { exitCode } from '#cluster/exit-code.ts';
import type { HeadlessApi, Listening } from '#rpc/contracts.ts';
import { connectNodeThread } from './connect-thread.ts';
import { guestDirectory } from './guest-directory.ts';
import {
  copyIn,
  examineCopy,
  examineImages,
  loadImages,
  openCheckpoint,
  saveCheckpoint,
} from './headless-files.ts';
import { type HeadlessOptions, parseHeadlessOptions, usage } from './headless-options.ts';
import { runShell } from './headless-shell.ts';
import { ReadyFile } from './ready-file.ts';

/** Milliseconds for the machine's thread to shut its doors; it may be amid a slice of the emulator. */
const goodbyeTime = 5000;

async function main(): Promise<number> {
  const options = parseHeadlessOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { kubelet } = options;
  const connection = connectNodeThread({ guestDirectory: guestDirectory(), kubelet });
  const { api } = connection;
  const readyFile = options.readyFile === undefined ? undefined : new ReadyFile(options.readyFile);
  try {
    const death = connection.death.then((error) => Promise.reject(error));
    saveWhenAsked(api, options);
    const code = await Promise.race([useNode(api, options, readyFile), terminated(options), death]);
    await save(api, options);
    return code;
  } finally {
    await readyFile?.remove();
    await stopListening(api);
    connection.dispose();
  }
}

async function useNode(
  api: HeadlessApi,
  options: HeadlessOptions,
  readyFile: ReadyFile | undefined,
): Promise<number> {
  const { listen, run, serves } = options;
  await api.watchNotices(({ message }) => void process.stderr.write(`sandglass: ${message}\n`));
  await readyFile?.remove();
  const copies = await Promise.all(options.copies.map(examineCopy));
  const archives = await Promise.all(options.images.map(examineImages));
  const listening = await api.listen(listen);
  await start(api, options);
  for (const copy of copies) await copyIn(api, copy);
  for (const archive of archives) {
    for (const name of await loadImages(api, archive)) tell(options, `Loaded ${name}.`);
  }
  if (!serves) return exitCode(await runShell(api, run));
  const broken = end(api);
  await Promise.race([api.whenReady(), broken]);
  await readyFile?.write({ ...listening, node: 'node-1', pid: process.pid });
  for (const line of describe(listening)) tell(options, line);
  return run === undefined ? broken : exitCode(await Promise.race([runShell(api, run), broken]));
}

function start(api: HeadlessApi, { checkpoint, memoryBytes }: HeadlessOptions): Promise<void> {
  if (checkpoint !== undefined) return openCheckpoint(api, checkpoint);
  if (memoryBytes !== undefined) return api.start('cold-boot', { memoryBytes });
  return api.start('snapshot');
}

async function save(api: HeadlessApi, options: HeadlessOptions): Promise<void> {
  const { saveCheckpoint: file } = options;
  if (file !== undefined) tell(options, await saveCheckpoint(api, file));
}

function saveWhenAsked(api: HeadlessApi, options: HeadlessOptions): void {
  if (options.saveCheckpoint === undefined) return;
  process.on('SIGUSR2', () => {
    save(api, options).catch((error: unknown) => complain(error));
  });
}

/** A command's standard output is its own. */
function tell({ run, serves }: HeadlessOptions, line: string): void {
  (serves && run === undefined ? process.stdout : process.stderr).write(`${line}\n`);
}

function describe({ kube, cri, streaming, guest }: Listening): string[] {
  return [
    ...(kube === undefined
      ? []
      : [`Kubernetes API: ${kube} (on the node: ${guest.kube ?? 'not served'})`]),
    ...(cri === undefined ? [] : [`CRI: ${cri} (on the node: ${guest.cri ?? 'not served'})`]),
    ...(streaming === undefined ? [] : [`CRI streaming: ${streaming} (on the node as well)`]),
    'Ready. End with Ctrl-C.',
  ];
}

/** Rejects when there is nothing left to serve, with why. */
function end(api: HeadlessApi): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = ({ code, message }: Pick<SandglassError, 'code' | 'message'>) => {
      reject(new SandglassError(code, message));
    };
    const watches = [
      api.watchStatus((status) => {
        if (status.kind === 'failed' || status.kind === 'halted') fail(status.failure);
      }),
      api.watchCluster((status) => {
        if (status.kind === 'failed') fail(status.failure);
      }),
    ];
    Promise.all(watches).catch(reject);
  });
}

async function stopListening(api: HeadlessApi): Promise<void> {
  const late = "The machine's thread does not answer.";
  // A thread that is dead, or deaf, holds no door open once it is disposed of.
  await withDeadline(api.stopListening(), systemClock, goodbyeTime, late).catch(() => undefined);
}

/** Resolves with an exit code when this process is asked to end: of a server that is no failure. */
function terminated({ serves, run }: HeadlessOptions): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const code = serves && run === undefined ? 0 : 128 + constants.signals[signal];
      process.once(signal, () => resolve(code));
    }
  });
}

// Whoever reads our output has closed the pipe: end without a word, as SIGPIPE ends other programs.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(128 + constants.signals.SIGPIPE);
});

function complain(error: unknown): void {
  process.stderr.write(`sandglass: ${asSandglassError(error).message}\n`);
}

try {
  process.exit(await main());
} catch (error) {
  complain(error);
  process.exit(1);
}
