import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestDirectory } from '#host/guest-directory.ts';

interface Outcome {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

const script = path.resolve('src/host/headless.ts');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-headless-'));
});
afterAll(() => rm(folder, { recursive: true }));

function headless(
  args: readonly string[],
  input: Uint8Array = new Uint8Array(0),
  environment: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      env: { ...process.env, ...environment },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin.end(input);
  });
}

describe('npm run headless', () => {
  it('runs a command with its own streams and ends with its exit code', async () => {
    const { code, stdout, stderr } = await headless(['--run', 'echo out; echo err >&2; exit 3']);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('pipes bytes through a command, each as it was', async () => {
    const bytes = Uint8Array.from({ length: 3 << 20 }, (_, i) => (i * 13 + (i >> 10)) & 0xff);
    const { code, stdout } = await headless(['--run', 'cat'], bytes);
    expect(code).toBe(0);
    expect(Buffer.compare(stdout, bytes)).toBe(0);
  });

  it('copies files with their modes first, into a machine of the memory that is asked for', async () => {
    const file = path.join(folder, 'greet');
    await writeFile(file, '#!/bin/sh\necho hello from a copied script\n');
    await chmod(file, 0o755);
    const command = "/root/greet; awk '/MemTotal/{print $2}' /proc/meminfo";
    const { code, stdout } = await headless([
      ...['--memory', '128'],
      ...['--copy', `${file}:/root/greet`],
      ...['--run', command],
    ]);
    const [greeting, kilobytes] = stdout.toString().split('\n');
    expect({ code, greeting }).toEqual({ code: 0, greeting: 'hello from a copied script' });
    expect(Number(kilobytes)).toBeGreaterThan(90 << 10);
    expect(Number(kilobytes)).toBeLessThan(128 << 10);
  });

  it('says on standard error which file of the archive could not be had', async () => {
    const guest = path.join(folder, 'guest');
    await mkdir(guest);
    for (const name of await readdir(guestDirectory())) {
      if (name === 'files') continue;
      await symlink(path.join(guestDirectory(), name), path.join(guest, name));
    }
    const run = ['--run', 'runc --version'];
    const { code, stderr } = await headless(run, undefined, { SANDGLASS_GUEST: guest });
    expect(code).toBe(126);
    expect(stderr).toMatch(/^sandglass: The guest's \/usr\/sbin\/runc .* is not built yet/m);
    expect(stderr).toMatch(/Input\/output error/);
  });

  it.each([
    ['TERM', 128 + 15],
    // One of the real-time signals, which have no names.
    ['40', 128 + 40],
  ])('ends as a shell would after signal %s', async (signal, expected) => {
    const { code } = await headless(['--run', `kill -${signal} $$`]);
    expect(code).toBe(expected);
  });

  it('ends with its command, whatever that leaves behind', async () => {
    const { code, stdout } = await headless(['--run', 'sleep 1000 & echo started']);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'started\n' });
  });

  it('ends without a word when nobody reads its output any more', async () => {
    const command = `${process.execPath} --import tsx ${script} --run 'yes' | head -1`;
    const child = spawn('bash', ['-c', `${command}; echo "\${PIPESTATUS[0]}"`]);
    const output = await Promise.all([child.stdout, child.stderr].map(text));
    expect(output).toEqual(['y\n141\n', '']);
  });

  it('reads a script from a pipe as a shell does', async () => {
    const { code, stdout } = await headless([], new TextEncoder().encode('hostname; (exit 5)\n'));
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 5, stdout: 'node-1\n' });
  });

  it('offers whoever sits at a terminal one on the node', async () => {
    // script(1) gives the command a terminal, and with -e its exit code.
    const command = `${process.execPath} --import tsx ${script}`;
    const child = spawn('script', ['-qec', command, '/dev/null']);
    child.stdin.end('tty; exit 5\n');
    const code = new Promise((resolve) => child.on('close', resolve));
    expect(await text(child.stdout)).toContain('/dev/pts/0');
    expect(await code).toBe(5);
  });

  it.each([
    [['--memory', 'lots'], /--memory takes/],
    [['--copy', 'nonsense'], /--copy takes/],
    [['--copy', '/no/such/file:/root/x', '--run', 'true'], /\/no\/such\/file cannot be read/],
    [['--frobnicate'], /frobnicate/],
  ])('refuses %j in words', async (args, message) => {
    const { code, stdout, stderr } = await headless(args);
    expect(code).toBe(1);
    expect(stdout.length).toBe(0);
    expect(stderr).toMatch(message);
  });
});
