import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from './progress.ts';

/** Two builds would resume the same draft, so the cache belongs to one at a time; the other waits. */
export async function lockCache(
  folder: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const lock = path.join(folder, 'lock');
  const mine = path.join(folder, `lock.${String(process.pid)}`);
  await writeFile(mine, await identity(process.pid));
  try {
    for (let told = false; !(await linked(mine, lock)); told = true) {
      const owner = await readFile(lock, 'utf8').catch(() => undefined);
      if (owner === undefined) continue;
      const pid = Number.parseInt(owner, 10);
      if ((await identity(pid)) !== owner) {
        await rm(lock, { force: true });
        continue;
      }
      if (!told) progress.say(`Another build (process ${String(pid)}) has the cache; waiting.`);
      await sleep(500, undefined, signal ? { signal } : {});
    }
  } finally {
    await rm(mine, { force: true });
  }
  return () => rm(lock, { force: true });
}

/** A link appears with its contents, so nobody reads a lock that is half written. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A process's number and start time: numbers are used again, the pair is not. Empty if it is gone. */
async function identity(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return '';
  }
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    // the name in parentheses may hold spaces; field 22 (starttime) is the 20th after it, proc(5)
    return `${String(pid)} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return `${String(pid)} ?`;
  }
}
