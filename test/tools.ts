import { findChromium } from '#host/chromium.ts';
import { SandglassError } from '#base/errors.ts';
import { runCommand } from '../images/recipe/command.ts';
import { missingPackages } from '../images/recipe/host-toolbox.ts';

/** Debian packages that the tests need besides npm's and Chromium: compilers for the guest programs and their own. */
export const packages = [
  ...['gcc', 'gcc-i686-linux-gnu', 'libc6-dev', 'zstd'],
  ...['libprotobuf-c-dev', 'protobuf-c-compiler', 'protobuf-compiler'],
];

/** What has to be known before the tests begin where not all of them can run. */
export async function foretellSkips(reason: string): Promise<string> {
  const skipped = `Tests of the node agent (test/unit/guest) are skipped, because ${reason}`;
  if (process.getuid?.() === 0) return `${skipped}.`;
  const missing = await missingTools();
  const tools =
    missing.length === 0
      ? 'the tools of all others are there'
      : `${missing.join(', ')} cannot be installed, so the tests that need them will fail`;
  return `${skipped}; ${tools}.`;
}

async function missingTools(): Promise<string[]> {
  const missing = await missingPackages(runCommand, packages).catch((error: unknown) => {
    // another system than Debian: nobody to ask
    if (error instanceof SandglassError && error.code === 'failed-precondition') return [];
    throw error;
  });
  try {
    findChromium();
    return missing;
  } catch {
    return [...missing, 'chromium'];
  }
}
