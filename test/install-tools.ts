/**
 * Installs what the tests need besides npm's packages and is missing: compilers for the guest programs
 * and the tests' own, zstd, Chromium. By apt-get on Debian as root; elsewhere they must be there.
 */
import { findChromium } from '#host/chromium.ts';
import { asSandglassError } from '#base/errors.ts';
import { HostToolbox } from '../images/recipe/host-toolbox.ts';
import { terminalProgress } from '../images/recipe/progress.ts';

const packages = ['gcc', 'gcc-i686-linux-gnu', 'libc6-dev', 'zstd'];

try {
  await new HostToolbox(terminalProgress()).ensure(packages);
  console.log(`Chromium: ${findChromium()}`);
} catch (error) {
  console.error(asSandglassError(error).message);
  process.exitCode = 1;
}
