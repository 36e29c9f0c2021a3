/** Installs what the tests need and is missing: by apt-get on Debian as root; elsewhere it must be there. */
import { findChromium } from '#host/chromium.ts';
import { asSandglassError } from '#base/errors.ts';
import { HostToolbox } from '../images/recipe/host-toolbox.ts';
import { terminalProgress } from '../images/recipe/progress.ts';
import { packages } from './tools.ts';

try {
  await new HostToolbox(terminalProgress()).ensure(packages);
  console.log(`Chromium: ${findChromium()}`);
} catch (error) {
  console.error(asSandglassError(error).message);
  process.exitCode = 1;
}
