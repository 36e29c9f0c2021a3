import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SandglassError } from '#base/errors.ts';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Switches for a Chromium that tests drive: no sandbox as root, and no calls to the outside of its own. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a Chromium, installing Debian's by apt-get where that is possible. */
export function findChromium(): string {
  const installed = locate();
  if (installed) return installed;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error('Chromium is not installed: installing Debian’s package with apt-get.');
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const run = (...args: string[]) =>
      spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment })
        .status === 0;
    const install = () =>
      run('install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
    if (!install() && run('update')) install();
  }
  const found = locate();
  if (found) return found;
  throw new SandglassError(
    'failed-precondition',
    'No Chromium was found: install it ("apt-get install chromium") or set CHROME_PATH to its path.',
  );
}

function locate(): string | undefined {
  const named = process.env['CHROME_PATH'];
  return [...(named ? [named] : []), ...candidates].find((candidate) => existsSync(candidate));
}
