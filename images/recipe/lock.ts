import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { cancelledError, SandglassError, throwIfCancelled } from '#base/errors.ts';
import type { Progress } from './progress.ts';

/** A command that takes flock(2) on its descriptor 3 and ends; with 1 if it may not wait and would have to. */
export type Locker = (mayWait: boolean) => readonly [program: string, ...args: string[]];

/** Of util-linux and of busybox, so on any Linux. */
export const flockProgram: Locker = (mayWait) => ['flock', '-x', ...(mayWait ? [] : ['-n']), '3'];

/** macOS has no flock(1), but perl. */
export const perlLocker: Locker = (mayWait) => [
  'perl',
  '-e',
  'use Fcntl ":flock"; open(my $file, "+<&=", 3) or die $!; ' +
    `flock($file, LOCK_EX${mayWait ? '' : ' | LOCK_NB'}) or exit 1`,
];

const locker = process.platform === 'linux' ? flockProgram : perlLocker;

/**
 * Two builds would resume the same draft, so the cache belongs to one at a time; the other waits.
 * The lock is flock(2)'s: it belongs to the open file, which the locking command shares with this
 * process and leaves to it, and the kernel drops it when this process is gone, however it went. So no lock is
 * ever stale, and the file stays where it is: whoever removed it could remove it from under another.
 */
export async function lockCache(
  folder: string,
  progress: Progress,
  signal?: AbortSignal,
  take = locker,
): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const name = path.join(folder, 'lock');
  const file = await open(name, 'a+');
  try {
    if (!(await locked(file.fd, take(false), signal))) {
      const owner = await readFile(name, 'utf8');
      progress.say(`Another build (process ${owner}) has the cache; waiting.`);
      if (!(await locked(file.fd, take(true), signal))) {
        throw new SandglassError('internal', `The file ${name} cannot be locked.`);
      }
    }
    await file.truncate();
    await file.write(String(process.pid));
  } catch (error) {
    await file.close();
    throw error;
  }
  return () => file.close();
}

/** Whether the command took the lock; rejects when it could not be run or was cancelled. */
async function locked(
  descriptor: number,
  [program, ...args]: ReturnType<Locker>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  throwIfCancelled(signal);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', descriptor] });
  const stop = () => child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const said = child.stderr ? text(child.stderr) : Promise.resolve('');
    const [code] = (await once(child, 'close')) as [number | null];
    if (signal?.aborted) throw cancelledError(signal);
    if (code === 0 || code === 1) return code === 0;
    throw new SandglassError('internal', `${program} cannot lock the cache:\n${await said}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new SandglassError('failed-precondition', `The program ${program} is missing.`, {
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
