import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { attachToShim } from '#runtimes/attachment.ts';
import { PodShim, type TrackedProcess } from '#runtimes/kata/pod-shim.ts';
import { ShimConnection } from '#runtimes/shim-connection.ts';
import { FrameReader, encodeFrame, frame, numbers } from '#runtimes/shim-frames.ts';
import type { Attachment } from '#runtimes/task.ts';
import { StandInAgent } from './agent-stand-in.ts';
import { compileNatively } from '../native-agent.ts';

/** In place of a VMM, $0 being a file by which it says that it listens to signals: it ends when it is told to. */
const obedientVmm = 'trap "exit 0" TERM; : >$0; while :; do sleep 1000 & wait; done';
/** One that does not. */
export const stubbornVmm = 'trap "" TERM; : >$0; while :; do sleep 1000 & wait; done';

export interface StartedShim {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A pod's shim as it is on the node, between the product's own clients of it and a stand-in of the agent. */
export class ShimFixture {
  agent!: StandInAgent;
  pod!: PodShim;
  shimPid = 0;
  vmmPid = 0;
  readonly folder: string;
  readonly #program: string;
  readonly #opened: { close(): void }[] = [];

  private constructor(folder: string, program: string) {
    this.folder = folder;
    this.#program = program;
  }

  static async make(): Promise<ShimFixture> {
    const program = path.join(await compileNatively(), 'kata-shim');
    return new ShimFixture(await mkdtemp(path.join(tmpdir(), 'kata-shim-')), program);
  }

  get socket(): string {
    return this.at('shim.sock');
  }

  get vsock(): string {
    return this.at('kata.hvsock');
  }

  at(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  argv(vmm: readonly string[]): string[] {
    const files = ['--socket', this.socket, '--vsock', this.vsock, '--stderr', this.at('vmm.log')];
    return ['start', '--id', 'sandbox', ...files, '--', ...vmm];
  }

  spawn(vmm: readonly string[]): ChildProcess {
    const log = `log_path=${this.at('sanitizer')}`;
    const env = { ...process.env, ASAN_OPTIONS: `detect_leaks=0:${log}`, UBSAN_OPTIONS: log };
    return spawn(this.#program, this.argv(vmm), { stdio: ['ignore', 'pipe', 'pipe'], env });
  }

  /** Runs what the CRI service would, to its end. */
  async run(vmm: readonly string[]): Promise<StartedShim> {
    const child = this.spawn(vmm);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  async start(script = obedientVmm): Promise<void> {
    this.agent = await StandInAgent.listen(this.vsock);
    const { code, stdout, stderr } = await this.run(['/bin/sh', '-c', script, this.at('ready')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { shim, vmm } = JSON.parse(stdout) as { shim: number; vmm: number };
    this.shimPid = shim;
    this.vmmPid = vmm;
    await eventually(() => existsSync(this.at('ready')));
    await rm(this.at('ready'));
    this.pod = await this.open();
  }

  /** A further life of the CRI service. */
  async open(): Promise<PodShim> {
    const pod = await PodShim.open(this.#client(), this.socket);
    this.#opened.push(pod);
    return pod;
  }

  /** Has the shim track a process; its control socket is then at this path. */
  async track(
    container: string,
    options: Partial<TrackedProcess> & { log?: boolean } = {},
  ): Promise<string> {
    const { execId = '', log = false, ...others } = options;
    const directory = this.at(container);
    await mkdir(directory, { recursive: true });
    const logPath = log ? path.join(directory, 'log') : '';
    const usual = { containerId: container, execId, directory, logPath };
    await this.pod.track({ ...usual, stdin: false, terminal: false, ...others });
    return path.join(directory, execId === '' ? 'control.sock' : `${execId}.sock`);
  }

  async control(socket: string): Promise<ShimConnection> {
    const control = await ShimConnection.open(this.#client(), socket);
    this.#opened.push(control);
    return control;
  }

  /** Resolves when the shim knows of it. */
  async attach(socket: string): Promise<Attachment> {
    const attachment = await attachToShim(this.#client(), socket);
    this.#opened.push(attachment);
    // It takes its clients in the order in which they come.
    (await this.control(socket)).close();
    return attachment;
  }

  /** Attached, as the shim's frames have it. */
  async attachedFrames(socket: string): Promise<FrameReader> {
    const { incoming, outgoing } = connectionOver(await this.raw(socket));
    await outgoing.write(encodeFrame(frame.attach, Uint8Array.of(6)));
    return new FrameReader(incoming);
  }

  async raw(socket: string): Promise<Socket> {
    const raw = connect(socket);
    await once(raw, 'connect');
    raw.on('error', () => undefined);
    this.#opened.push({ close: () => raw.destroy() });
    return raw;
  }

  /** A client of shim.sock that speaks in frames. */
  async frames() {
    const connection = connectionOver(await this.raw(this.socket));
    const reader = new FrameReader(connection.incoming, 8 << 20);
    return {
      send: (type: string, id: number, ...payload: readonly Uint8Array[]) =>
        connection.outgoing.write(encodeFrame(type, concatBytes([numbers(id), ...payload]))),
      /** The next result. */
      next: async () => {
        const next = await reader.next();
        if (!next) return undefined;
        expect(next.type).toBe('R');
        const view = new DataView(next.payload.buffer, next.payload.byteOffset);
        const bytes = next.payload.slice(8);
        const text = new TextDecoder().decode(bytes);
        return { id: view.getUint32(0, true), code: view.getInt32(4, true), bytes, text };
      },
      close: connection.close,
    };
  }

  exitFile(container: string, name = 'exit'): Promise<Record<string, unknown>> {
    return readFile(this.at(container, name), 'utf8').then(
      (text) => JSON.parse(text) as Record<string, unknown>,
    );
  }

  /** Kills the VMM's process, with which its machine goes. */
  async killVmm(): Promise<void> {
    process.kill(this.vmmPid, 'SIGKILL');
    await gone(this.vmmPid);
    this.agent.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) opened.close();
    for (const pid of [this.shimPid, this.vmmPid]) {
      if (pid !== 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
    if (this.shimPid !== 0) await gone(this.shimPid);
    await (this.agent as StandInAgent | undefined)?.[Symbol.asyncDispose]();
    const complaints = readdirSync(this.folder)
      .filter((name) => name.startsWith('sanitizer'))
      .map((name) => readFileSync(this.at(name), 'utf8'));
    await rm(this.folder, { recursive: true });
    expect(complaints).toEqual([]);
  }

  #client(): AgentClient {
    return {
      connect: async ({ unix }: { unix: string }) => connectionOver(await this.raw(unix)),
    } as unknown as AgentClient;
  }
}

/** A fresh shim for each test. Afterwards no sanitizer may have complained. */
export function useShim(): { shim: ShimFixture } {
  const fixture = {} as { shim: ShimFixture };
  beforeEach(async () => {
    fixture.shim = await ShimFixture.make();
  }, 120_000);
  afterEach(() => fixture.shim[Symbol.asyncDispose]());
  return fixture;
}

function connectionOver(socket: Socket) {
  const chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  return {
    incoming: {
      read: async () => {
        const next = await chunks.next();
        return next.done === true ? undefined : new Uint8Array(next.value);
      },
      cancel: () => socket.destroy(),
    },
    outgoing: {
      write: (bytes: Uint8Array) =>
        new Promise<void>((resolve, reject) => {
          socket.write(bytes, (error) => {
            if (error) reject(error);
            else resolve();
          });
        }),
      end: () => socket.end(),
    },
    close: () => socket.destroy(),
  };
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves when the process has ended, whether anybody has reaped it or not. */
export async function gone(pid: number): Promise<void> {
  await eventually(() => !isAlive(pid));
}

/** Waits for what no event tells of. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
