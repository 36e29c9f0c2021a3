import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** Compiles a program of the test's own. Its path. */
export async function compile(name: string, source: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-test-'));
  const program = path.join(folder, name);
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(`${program}.c`, source);
  await promisify(execFile)('gcc', ['-o', program, `${program}.c`]);
  return program;
}

/** Holds a lease on a file, for which whoever opens it has to wait. See F_SETLEASE in fcntl(2). */
export const leaseSource = `
  #define _GNU_SOURCE
  #include <fcntl.h>
  #include <signal.h>
  #include <unistd.h>
  static void wanted(int signal) { (void)!write(1, "wanted\\n", 7 + 0 * signal); }
  int main(int argc, char **argv)
  {
    int fd = open(argv[argc - 1], O_RDWR);
    signal(SIGIO, wanted);
    if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
      return 1;
    (void)!write(1, "leased\\n", 7);
    for (;;)
      pause();
  }`;
