import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import { cacheFolder } from '../images/recipe/cache.ts';
import { runCommand } from '../images/recipe/command.ts';

/**
 * The path of Debian's kubectl. It is unpacked into this project's cache and not installed: this system may have
 * another kubectl, and keeps it.
 */
export async function debianKubectl(): Promise<string> {
  const kubectl = path.join(cacheFolder(), 'tools', 'kubernetes-client', 'usr/bin/kubectl');
  if (existsSync(kubectl)) return kubectl;
  const tools = path.join(cacheFolder(), 'tools');
  await mkdir(tools, { recursive: true });
  const work = await mkdtemp(path.join(tools, 'download-'));
  try {
    const archive = await download(work);
    await runCommand('dpkg-deb', ['-x', archive, path.join(work, 'root')]);
    await rename(path.join(work, 'root'), path.join(tools, 'kubernetes-client'));
    return kubectl;
  } catch (cause) {
    const message = `Debian's package kubernetes-client cannot be had: ${(cause as Error).message}`;
    throw new SandglassError('failed-precondition', message, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(folder: string): Promise<string> {
  const apt = (...args: string[]) => runCommand('apt-get', args, { cwd: folder });
  // As root it drops its rights for the download, and warns of a folder where it then cannot write.
  const get = () => apt('-o', 'APT::Sandbox::User=root', 'download', 'kubernetes-client');
  await get().catch(async () => {
    await apt('update');
    await get();
  });
  const { output } = await runCommand('find', [folder, '-name', '*.deb']);
  return output.toString().trim();
}
