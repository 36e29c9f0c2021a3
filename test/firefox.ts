import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SandglassError } from '#base/errors.ts';

const candidates = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** The path of a Firefox, installing Debian's by apt-get where that is possible. */
export function findFirefox(): string {
  const installed = candidates.find((file) => existsSync(file));
  if (installed !== undefined) return installed;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error('Firefox is not installed: installing Debian’s package with apt-get.');
    const run = (...args: string[]) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    const install = () => run('install', '-y', '--no-install-recommends', 'firefox-esr');
    if (!install() && run('update')) install();
  }
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new SandglassError(
    'failed-precondition',
    'There is no Firefox: install it, in Debian as the package firefox-esr.',
  );
}
