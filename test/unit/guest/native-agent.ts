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
const protos = path.join(import.meta.dirname, '../../../proto');
const asMusl = path.join(import.meta.dirname, 'as-musl.h');
const flags = [
  ...['-include', asMusl],
  ...['-std=c17', '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64', '-D_TIME_BITS=64', '-I.', '-O0', '-g'],
  ...['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wstrict-prototypes', '-Wmissing-prototypes'],
];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Why the guest programs cannot be run on this machine, if they cannot. */
export const cannotRunNatively: string | undefined =
  missingPrivilege ?? (existsSync('/usr/bin/gcc') ? undefined : 'there is no gcc');

/** Why the agent learns of no processes on this machine, if it does not. */
export const cannotFollowProcesses: string | undefined = missingProcessEvents ?? cannotRunNatively;

/** Why those of them that read Kata's messages cannot, if so. */
export const cannotRunKataNatively: string | undefined =
  cannotRunNatively ??
  (existsSync('/usr/bin/protoc-gen-c') && existsSync('/usr/include/protobuf-c/protobuf-c.h')
    ? undefined
    : 'there is no protobuf-c');

/**
 * Compiles in the current folder into $1, once: test files run at the same time. As in the recipe, a folder
 * is a program of all its files, and so is a file at the top that has a main; the others at the top go into all.
 */
const build = `
  [ -d "$1" ] && exit
  new="$1.new"; rm -rf "$new"; mkdir "$new" "$new/o" "$new/m"
  if [ "$KATA" ]; then
    (cd "$PROTO" && protoc --c_out="$new/m" -I . -I /usr/include runtimes/kata/*.proto google/protobuf/empty.proto)
  fi
  find . -name '*.c' | sed 's,^./,,' | while read -r file; do
    [ "$KATA" ] || case "$file" in kata-agent/*|kata-shim/*|ttrpc.c) continue;; esac
    echo "$file"
  done | xargs -P 4 -I FILE \
    sh -ec 'gcc $FLAGS -I "$(dirname FILE)" -isystem "$0/m" -c -o "$0/o/$(echo FILE | tr / :).o" FILE' "$new"
  find "$new/m" -name '*.c' | xargs -P 4 -I FILE \
    sh -ec 'gcc $FLAGS -isystem "$0/m" -c -o FILE.o FILE' "$new"
  find . -maxdepth 1 -name '*.c' | xargs grep -LE '^(int +)?main *\\(' | sed "s,^./\\(.*\\),$new/o/\\1.o," |
    xargs ls 2>/dev/null | cat - <(find "$new/m" -name '*.o') | xargs ar rcs "$new/libshared.a"
  for program in $(ls "$new/o" | sed 's,[:.].*,,' | sort -u); do
    [ -e "$program/exports.map" ] && continue
    [ -e "$program.c" ] && ! grep -qE '^(int +)?main *\\(' "$program.c" && continue
    gcc $FLAGS -o "$new/$program" $(ls "$new/o/"* | grep "/$program[:.]") "$new/libshared.a" \
      $([ "$KATA" ] && echo -lprotobuf-c)
  done
  mv "$new" "$1"
`;

/** The folder of the guest programs compiled for this machine, once for each state of their sources. */
export async function compileNatively(extra: readonly string[] = sanitizers): Promise<string> {
  const files = (await readdir(sources, { recursive: true }))
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  const digest = createHash('sha256').update(JSON.stringify([build, flags, extra]));
  const kata = cannotRunKataNatively === undefined ? 'yes' : '';
  digest.update(kata).update(await readFile(asMusl));
  for (const name of await readdir(path.join(protos, 'runtimes/kata'))) {
    digest.update(await readFile(path.join(protos, 'runtimes/kata', name)));
  }
  for (const name of files) digest.update(name).update(await readFile(path.join(sources, name)));
  const folder = path.join(tmpdir(), `sandglass-native-${digest.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  await promisify(execFile)('flock', [`${folder}.lock`, 'bash', '-ec', build, 'bash', folder], {
    cwd: sources,
    env: { ...process.env, FLAGS: [...flags, ...extra].join(' '), KATA: kata, PROTO: protos },
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
