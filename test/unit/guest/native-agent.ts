import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Emitter } from '#base/emitter.ts';
import { systemClock } from '#base/clock.ts';
import { AgentClient, type ConnectOptions } from '#guest/agent-client.ts';
import type { ByteChannel } from '#guest/ports.ts';
import { missingPrivilege, missingProcessEvents } from '../../privileges.ts';

const sources = path.join(import.meta.dirname, '../../../images/guest');
const flags = [
  ...['-std=c17', '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64', '-D_TIME_BITS=64', '-I.', '-O0', '-g'],
  ...['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes'],
];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Why the guest programs cannot be run on this machine, if they cannot. */
export const cannotRunNatively: string | undefined =
  missingPrivilege ?? (existsSync('/usr/bin/gcc') ? undefined : 'there is no gcc');

/** Why the agent learns of no processes on this machine, if it does not. */
export const cannotFollowProcesses: string | undefined = missingProcessEvents ?? cannotRunNatively;

/**
 * Compiles in the current folder into $1, once: test files run at the same time. A folder is a program of
 * all its files, a file at the top is one of its own.
 */
const build = `
  [ -d "$1" ] && exit
  rm -rf "$1.new"; mkdir "$1.new" "$1.new/o"
  find . -name '*.c' | sed 's,^./,,' | xargs -P 4 -I FILE \\
    sh -ec 'gcc $FLAGS -c -o "$0/o/$(echo FILE | tr / :).o" FILE' "$1.new"
  for program in $(ls "$1.new/o" | sed 's,[:.].*,,' | sort -u); do
    [ -e "$program/exports.map" ] && continue
    gcc $FLAGS -o "$1.new/$program" $(ls "$1.new/o/"* | grep "/$program[:.]")
  done
  mv "$1.new" "$1"
`;

/** The folder of the guest programs compiled for this machine, once for each state of their sources. */
export async function compileNatively(extra: readonly string[] = sanitizers): Promise<string> {
  const files = (await readdir(sources, { recursive: true }))
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  const digest = createHash('sha256').update(JSON.stringify([build, flags, extra]));
  for (const name of files) digest.update(name).update(await readFile(path.join(sources, name)));
  const folder = path.join(tmpdir(), `sandglass-native-${digest.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  await promisify(execFile)('flock', [`${folder}.lock`, 'sh', '-ec', build, 'sh', folder], {
    cwd: sources,
    env: { ...process.env, FLAGS: [...flags, ...extra].join(' ') },
  });
  return folder;
}

export interface NativeAgentOptions {
  /** Further arguments of unshare(1): the agent always has mount, UTS and IPC namespaces of its own. */
  unshare?: readonly string[];
  /** A shell command to run before the agent, in its namespaces. */
  prepare?: string;
  /** Further flags of the compiler, in place of the sanitizers. */
  compile?: readonly string[];
}

/** The real agent as a process of this machine, and the channel to it. */
export class NativeAgent {
  readonly folder: string;
  readonly channel: ByteChannel;
  /** What the agent said on its standard error: a sanitizer's report, if anything. */
  errors = '';
  readonly #options: NativeAgentOptions;
  readonly #output = new Emitter<Uint8Array>();
  #child: ChildProcess;

  private constructor(folder: string, options: NativeAgentOptions) {
    this.folder = folder;
    this.#options = options;
    this.#child = this.#start();
    this.channel = {
      send: (bytes) => this.send(bytes),
      listen: (listener) => this.#output.listen(listener),
    };
  }

  static async start(options: NativeAgentOptions = {}): Promise<NativeAgent> {
    return new NativeAgent(await compileNatively(options.compile), options);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  connect(options?: ConnectOptions): Promise<AgentClient> {
    return AgentClient.connect(this.channel, systemClock, options);
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.stdin?.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Resolves when the agent has read all that was sent, and waits for more. */
  async settled(): Promise<void> {
    const wchan = `/proc/${this.pid}/wchan`;
    while (
      (this.#child.stdin?.writableLength ?? 0) > 0 ||
      !(await readFile(wchan, 'utf8')).includes('poll')
    ) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Kills the agent, as a fault would. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** What init does when the agent has died. */
  restart(): void {
    this.#child = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }

  #start(): ChildProcess {
    const { prepare = ':' } = this.#options;
    const script = `mount -t tmpfs tmpfs /run && mkdir /run/sandglass && ${prepare} && exec "$0" --stdio`;
    const separate = ['--mount', '--uts', '--ipc', ...(this.#options.unshare ?? [])];
    const child = spawn(
      'unshare',
      [...separate, 'sh', '-c', script, path.join(this.folder, 'agent')],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: {
          PATH: `${this.folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
          LANG: 'C.UTF-8',
          ASAN_OPTIONS: 'detect_leaks=0',
        },
      },
    );
    child.stdout.on('data', (bytes: Buffer) => {
      this.#output.emit(new Uint8Array(bytes));
    });
    child.stderr.on('data', (bytes: Buffer) => (this.errors += bytes.toString()));
    // Each failed write tells its caller.
    child.stdin.on('error', () => undefined);
    return child;
  }
}
