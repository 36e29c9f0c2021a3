import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { CgroupStatsSchema } from '#runtimes/kata/agent_pb.ts';
import { LinuxResourcesSchema, ProcessSchema } from '#runtimes/kata/oci_pb.ts';
import { cannotRunKataNatively, compileNatively } from '../native-agent.ts';
import { type ProcessInit, type Wanted, shell, specOf } from './jail-specs.ts';

/** What jail.h calls a stage; `refused` where nothing has been made. */
export type Stage = 'refused' | 'preparing' | 'created' | 'running' | 'failed';
const stages: readonly Stage[] = ['preparing', 'created', 'running', 'failed'];

export interface Step {
  stage: Stage;
  /** In the driver's PID namespace. */
  pid: number;
  error: string;
}

export interface Outcome {
  /** As a shell has it; -1: it has not ended; -2: what was waited for has not come. */
  status: number;
  out: string;
  err: string;
}

/** Where it is mounted, proc_pid_mountinfo(5). */
const hierarchy = existsSync('/proc/self/mountinfo')
  ? /^\S+ \S+ \S+ \S+ (\S+) .*- cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1]
  : undefined;

/** Why containers cannot be made on this machine, if they cannot. */
export const cannotJail: string | undefined = cannotRunKataNatively ?? missingCgroups();

function missingCgroups(): string | undefined {
  if (hierarchy === undefined) return 'no cgroup2 is mounted';
  const probe = `${hierarchy}/sandglass-probe-${process.pid}`;
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return undefined;
  } catch (error) {
    return `cgroup2 is not writable (${String(error)})`;
  }
}

/** The jail with a stand-in for the agent, as PID 1 of a PID namespace of this machine. */
export class NativeJail {
  /** The root file system of its containers, unless a test says otherwise. */
  readonly root: string;
  /** A mount that the driver shares with whoever wants to. */
  readonly shared: string;
  /** What it said on its standard error: a sanitizer's report, if anything. */
  errors = '';
  readonly #cgroup: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #received = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #next = 0;

  private constructor(driver: string, folder: string, cgroup: string) {
    this.#folder = folder;
    this.root = path.join(folder, 'root');
    this.shared = path.join(folder, 'shared');
    this.#cgroup = cgroup;
    const separate = [
      '--mount',
      '--uts',
      '--ipc',
      '--pid',
      '--fork',
      '--mount-proc',
      '--kill-child',
    ];
    const prepare = 'mount --bind "$2" "$2" && mount --make-shared "$2" && exec "$0" "$1"';
    this.#child = spawn(
      'unshare',
      [...separate, 'sh', '-ec', prepare, driver, cgroup, this.shared],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ASAN_OPTIONS: 'detect_leaks=0' },
      },
    );
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    this.#child.stdout?.on('end', () => {
      this.#wake();
    });
    this.#child.stderr?.on('data', (bytes: Buffer) => (this.errors += bytes.toString()));
    this.#child.stdin?.on('error', () => undefined);
  }

  static async start(): Promise<NativeJail> {
    const driver = await compileDriver();
    const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-jail-'));
    const root = path.join(folder, 'root');
    for (const name of ['', 'etc', 'tmp', 'data', 'proc/kept']) {
      await mkdir(path.join(root, name), { recursive: true });
    }
    await mkdir(path.join(folder, 'shared/inner'), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      await symlink(`usr/${name}`, path.join(root, name));
    }
    const passwd = 'root:x:0:0:root:/root:/bin/sh\nsomebody:x:1000:1000::/home/somebody:/bin/sh\n';
    await writeFile(path.join(root, 'etc/passwd'), passwd);
    const cgroup = path.join(hierarchy ?? '', `sandglass-${path.basename(folder)}`);
    await mkdir(cgroup);
    return new NativeJail(driver, folder, cgroup);
  }

  /** A number for what comes next. */
  number(): number {
    return this.#next++;
  }

  async create(wanted: Wanted = {}, number = this.number()): Promise<Step & { number: number }> {
    const head = Buffer.alloc(4);
    head.writeInt32LE(wanted.inSandbox ? 1 : 0);
    const bytes = specOf(wanted, this.root, number);
    return { ...stepOf(await this.#call('c', number, Buffer.concat([head, bytes]))), number };
  }

  async start(number: number): Promise<Step> {
    return stepOf(await this.#call('s', number));
  }

  /** What it has reported meanwhile, without waiting. */
  async hear(number: number): Promise<Step> {
    return stepOf(await this.#call('e', number));
  }

  /** Made and started, or the test fails. */
  async run(wanted: Wanted): Promise<number> {
    const created = await this.create(wanted);
    if (created.stage !== 'created') throw new Error(`${created.stage}: ${created.error}`);
    const started = await this.start(created.number);
    if (started.stage !== 'running') throw new Error(`${started.stage}: ${started.error}`);
    return created.number;
  }

  /** What a container of this one script says, which is gone then. */
  async says(script: string, wanted: Wanted = {}): Promise<Outcome> {
    const number = await this.run({ process: shell(script), ...wanted });
    const outcome = await this.outcome(number);
    await this.remove(number);
    return outcome;
  }

  async exec(number: number, process: ProcessInit): Promise<Step & { number: number }> {
    const name = this.number();
    const head = Buffer.alloc(4);
    head.writeUInt32LE(name);
    const bytes = toBinary(ProcessSchema, create(ProcessSchema, process));
    return { ...stepOf(await this.#call('x', number, Buffer.concat([head, bytes]))), number: name };
  }

  /** Keeps the PID, IPC and UTS namespaces of a container for others to join; undefined lets them go. */
  async holdSandbox(number: number | undefined): Promise<void> {
    await this.#call('h', number ?? 0, Buffer.alloc(number === undefined ? 0 : 1));
  }

  /** What a further process says. */
  async execSays(number: number, script: string, more: ProcessInit = {}): Promise<Outcome> {
    const step = await this.exec(number, shell(script, more));
    if (step.stage !== 'running') throw new Error(`${step.stage}: ${step.error}`);
    const outcome = await this.outcome(step.number);
    await this.forget(step.number);
    return outcome;
  }

  /** All that it has said, once it has ended; or once it has said so much. */
  async outcome(number: number, until = ''): Promise<Outcome> {
    return (await this.#call('o', number, Buffer.from(until))) as Outcome;
  }

  async write(number: number, text: string): Promise<void> {
    await this.#call('w', number, Buffer.from(text));
  }

  async signal(number: number, signal: number): Promise<void> {
    await this.#call('k', number, Buffer.of(signal));
  }

  async pids(number: number): Promise<{ pids: number[]; populated: boolean }> {
    return (await this.#call('n', number)) as { pids: number[]; populated: boolean };
  }

  async pause(number: number): Promise<{ result: number; error: string }> {
    return (await this.#call('p', number)) as { result: number; error: string };
  }

  async resume(number: number): Promise<{ result: number; error: string }> {
    return (await this.#call('r', number)) as { result: number; error: string };
  }

  async update(number: number, resources: MessageInitShape<typeof LinuxResourcesSchema>) {
    const bytes = toBinary(LinuxResourcesSchema, create(LinuxResourcesSchema, resources));
    return (await this.#call('u', number, bytes)) as { result: number; error: string };
  }

  async stats(number: number) {
    const { stats } = (await this.#call('t', number)) as { stats: string };
    return fromBinary(CgroupStatsSchema, Buffer.from(stats, 'latin1'));
  }

  /** What could be left behind. */
  async census() {
    return (await this.#call('i', 0)) as Record<'fds' | 'processes' | 'mounts' | 'cgroups', number>;
  }

  async destroy(number: number): Promise<{ result: number }> {
    return (await this.#call('d', number)) as { result: number };
  }

  /** The streams of a process, and itself once it has ended. */
  async forget(number: number): Promise<void> {
    await this.#call('f', number);
  }

  async remove(number: number): Promise<void> {
    const { result } = await this.destroy(number);
    if (result !== 0) throw new Error('the container is still there');
    await this.forget(number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.stdin?.end();
    this.#child.kill('SIGKILL');
    await ended;
    const rest = `find ${this.#cgroup} -depth -type d -exec rmdir {} +`;
    await promisify(execFile)('sh', ['-c', rest]).catch(() => undefined);
    await rm(this.#folder, { recursive: true });
  }

  async #call(operation: string, number: number, payload: Uint8Array = Buffer.alloc(0)) {
    const head = Buffer.alloc(9);
    head.write(operation);
    head.writeUInt32LE(number, 1);
    head.writeUInt32LE(payload.length, 5);
    this.#child.stdin?.write(Buffer.concat([head, payload]));
    const size = await this.#take(4);
    const answer = await this.#take(size.readUInt32LE());
    return JSON.parse(answer.toString('latin1')) as unknown;
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#child.stdout?.readableEnded)
        throw new Error(`the driver has ended: ${this.errors}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }
}

function stepOf(answer: unknown): Step {
  const { stage, pid = 0, error } = answer as { stage: number; pid?: number; error: string };
  return { stage: stages[stage] ?? 'refused', pid, error };
}

/** Of the jail's objects among the guest programs', with its own main. */
async function compileDriver(): Promise<string> {
  const folder = await compileNatively();
  const script = `
    [ "$1/jail-driver" -nt "$(ls -t "$2"/*.[ch] | head -n 1)" ] && exit
    gcc $FLAGS -isystem "$1/m" -o "$1/jail-driver.new" "$2"/*.c "$1"/o/kata-agent:jail:*.o "$1/libshared.a" -lprotobuf-c
    mv "$1/jail-driver.new" "$1/jail-driver"`;
  const flags = '-std=c17 -D_GNU_SOURCE -g -Wall -Wextra -Werror -fsanitize=address,undefined';
  await promisify(execFile)(
    'flock',
    [`${folder}.driver`, 'sh', '-ec', script, 'sh', folder, import.meta.dirname],
    {
      cwd: path.join(import.meta.dirname, '../../../../images/guest'),
      env: { ...process.env, FLAGS: `${flags} -I.` },
    },
  );
  return path.join(folder, 'jail-driver');
}
