import { BytePort } from '#base/byte-port.ts';
import { readAllText } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type {
  CheckpointSummary,
  Failure,
  MachineFacts,
  NodeApi,
  NodeSource,
  NodeStatus,
  NodeSurvey,
  ProcessEnd,
  StartSource,
  UploadOptions,
  UploadedFile,
} from '#rpc/contracts.ts';
import { FakeCluster, readAll } from './fake-cluster.ts';
import { FakeShell } from './fake-shell.ts';

const savedCluster = {
  savedAt: Date.UTC(2026, 2, 1, 12),
  pods: 2,
  memoryBytes: 256 << 20,
  build: 'this build',
};

interface Terminal {
  shell: FakeShell;
  end: Promise<ProcessEnd>;
  resolve: (end: ProcessEnd) => void;
  reject: (error: SandglassError) => void;
}

/**
 * Stands in for the node's worker in tests of the page, and only there: no machine, just answers that
 * a test can direct. Failures that are hard to bring about with a machine are a call here.
 */
export class FakeNode extends FakeCluster implements NodeApi {
  readonly files = new Map<string, Uint8Array>();
  readonly directories = new Set<string>();
  readonly death: Promise<SandglassError>;
  disposed = false;
  idle = true;
  status: NodeStatus = { kind: 'off' };
  survey: NodeSurvey = {
    kernel: {
      release: '6.1.192',
      bootId: '2f8a2f4e-6b3e-4d5c-9a67-0a4c1f6a9f10',
      memoryTotalBytes: 256 << 20,
      memoryAvailableBytes: 195 << 20,
    },
    ...{ devices: [], processes: [], cgroups: [], links: [], mounts: [] },
  };
  /** Runs instead of a start, if set. */
  onStart: ((source: StartSource) => void | Promise<void>) | undefined;
  readonly #terminals = new Map<number, Terminal>();
  readonly #listeners = new Set<(status: NodeStatus) => void>();
  readonly #noticeListeners = new Set<(notice: Failure) => void>();
  #reportDeath: (error: SandglassError) => void = () => undefined;
  #nextTerminal = 1;
  #source: NodeSource = 'snapshot';
  #console: BytePort[] = [];
  #consoleText = '';

  constructor() {
    super();
    this.death = new Promise((resolve) => {
      this.#reportDeath = resolve;
    });
  }

  setStatus(status: NodeStatus): void {
    const up = status.kind === 'running' || status.kind === 'paused';
    if (!up) this.#endTerminals();
    this.status = status;
    for (const listener of this.#listeners) listener(status);
  }

  /** Something goes wrong that the machine survives. */
  notice(message: string): void {
    for (const listener of this.#noticeListeners) listener({ code: 'unavailable', message });
  }

  /** The worker dies without a word. */
  die(message: string): void {
    this.#reportDeath(new SandglassError('unavailable', message));
  }

  /** The shell of the n-th terminal opened so far, from 1. */
  shell(number: number): FakeShell {
    const terminal = this.#terminals.get(number);
    if (!terminal) throw new Error(`No terminal ${number}.`);
    return terminal.shell;
  }

  say(text: string): void {
    this.#consoleText += text;
    for (const port of this.#console) void port.outgoing.write(new TextEncoder().encode(text));
  }

  watchStatus(listener: (status: NodeStatus) => void): Promise<void> {
    this.#listeners.add(listener);
    listener(this.status);
    return Promise.resolve();
  }

  watchNotices(listener: (notice: Failure) => void): Promise<void> {
    this.#noticeListeners.add(listener);
    return Promise.resolve();
  }

  async start(source: StartSource): Promise<void> {
    this.calls.push(`start ${source}`);
    this.#source = source;
    if (this.onStart) {
      await this.onStart(source);
      return;
    }
    this.setStatus({
      kind: 'loading',
      source,
      asset: source === 'snapshot' ? 'node snapshot' : 'kernel',
      loadedBytes: 0,
      totalBytes: 6_600_000,
      fromCache: true,
    });
    await Promise.resolve();
    this.#consoleText = '';
    this.#console = [];
    this.setStatus({ kind: 'starting', source });
    if (source === 'cold-boot') this.say('[    0.000000] Linux version 6.1.192\r\n');
    await Promise.resolve();
    this.setStatus({ kind: 'running', source });
  }

  async saveCheckpoint(port: MessagePort): Promise<CheckpointSummary> {
    this.calls.push('save the cluster');
    const { outgoing } = new BytePort(port);
    await outgoing.write(new TextEncoder().encode('saved'));
    outgoing.end();
    return savedCluster;
  }

  async openCheckpoint(port: MessagePort): Promise<CheckpointSummary> {
    const stream = new BytePort(port);
    const text = await readAllText(stream.incoming);
    this.calls.push(`open ${text}`);
    if (text !== 'saved') {
      const error = new SandglassError('invalid-argument', 'This file is not a saved cluster.');
      stream.fail(error);
      throw error;
    }
    this.#source = 'checkpoint';
    this.setStatus({ kind: 'starting', source: 'checkpoint' });
    await Promise.resolve();
    this.setStatus({ kind: 'running', source: 'checkpoint' });
    stream.outgoing.end();
    return savedCluster;
  }

  build(): Promise<string> {
    return Promise.resolve(savedCluster.build);
  }

  pause(): Promise<void> {
    this.calls.push('pause');
    this.setStatus({ kind: 'paused', by: 'reader' });
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.calls.push('resume');
    this.setStatus({ kind: 'running', source: this.#source });
    return Promise.resolve();
  }

  sleepIfIdle(): Promise<boolean> {
    this.calls.push('sleepIfIdle');
    if (this.idle) this.setStatus({ kind: 'paused', by: 'sleep' });
    return Promise.resolve(this.idle);
  }

  facts(): Promise<MachineFacts> {
    return Promise.resolve({
      kernel: 'Linux 6.1.192 i686',
      memoryTotalBytes: 256 << 20,
      memoryAvailableBytes: 195 << 20,
      instructionsPerSecond: 64_200_000,
      guestTime: Date.UTC(2026, 2, 1, 12, 0, 0),
      uptimeSeconds: 75,
      startedFrom: this.#source,
      startMilliseconds: 350,
    });
  }

  surveyNode(): Promise<NodeSurvey> {
    this.calls.push('survey');
    return Promise.resolve(this.survey);
  }

  openTerminal(
    size: TerminalSize,
    port: MessagePort,
    command: readonly string[] = [],
  ): Promise<number> {
    if (command.length > 0) this.calls.push(`terminal ${JSON.stringify(command)}`);
    const number = this.#nextTerminal++;
    let settle: Pick<Terminal, 'resolve' | 'reject'> | undefined;
    const end = new Promise<ProcessEnd>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (!settle) throw new Error('Promises run their executors at once.');
    const { resolve, reject } = settle;
    const shell = new FakeShell(new BytePort(port), size, resolve, command[0]);
    this.#terminals.set(number, { shell, end, resolve, reject });
    return Promise.resolve(number);
  }

  resizeTerminal(terminal: number, size: TerminalSize): Promise<void> {
    this.shell(terminal).resize(size);
    return Promise.resolve();
  }

  terminalEnd(terminal: number): Promise<ProcessEnd> {
    const found = this.#terminals.get(terminal);
    return found ? found.end : Promise.reject(new SandglassError('not-found', 'No terminal.'));
  }

  closeTerminal(terminal: number): Promise<void> {
    this.calls.push(`close ${terminal}`);
    this.#terminals.get(terminal)?.resolve({ kind: 'killed', signal: 'SIGHUP' });
    return Promise.resolve();
  }

  runCommand(command: string, port: MessagePort, errors: MessagePort): Promise<ProcessEnd> {
    for (const each of [port, errors]) new BytePort(each).incoming.cancel();
    this.calls.push(`run ${command}`);
    return Promise.reject(new SandglassError('unimplemented', 'Not here.'));
  }

  openConsole(port: MessagePort): Promise<void> {
    const console = new BytePort(port);
    this.#console.push(console);
    void console.outgoing.write(new TextEncoder().encode(this.#consoleText));
    return Promise.resolve();
  }

  async uploadFile(
    target: string,
    port: MessagePort,
    { name }: UploadOptions,
  ): Promise<UploadedFile> {
    this.calls.push(`upload ${target}`);
    const path = this.directories.has(target) ? `${target}/${name}` : target;
    const { incoming } = new BytePort(port);
    if (path.startsWith('/proc/')) {
      incoming.cancel();
      throw new SandglassError(
        'permission-denied',
        `${path} cannot be written: permission denied.`,
      );
    }
    const content = await readAll(incoming);
    const replaced = this.files.has(path);
    this.files.set(path, content);
    return { path, bytes: content.length, replaced };
  }

  downloadFile(path: string, port: MessagePort): Promise<{ name: string; bytes: number }> {
    this.calls.push(`download ${path}`);
    const content = this.files.get(path);
    const { outgoing } = new BytePort(port);
    if (!content) {
      return Promise.reject(new SandglassError('not-found', `${path} does not exist.`));
    }
    outgoing.write(content).then(
      () => outgoing.end(),
      () => undefined,
    );
    return Promise.resolve({
      name: path.slice(path.lastIndexOf('/') + 1),
      bytes: content.length,
    });
  }

  dispose(): void {
    this.disposed = true;
    this.#listeners.clear();
  }

  #endTerminals(): void {
    for (const { shell, end, reject } of this.#terminals.values()) {
      const error = new SandglassError('unavailable', 'The machine is gone.');
      end.catch(() => undefined);
      reject(error);
      shell.fail(error);
    }
    this.#terminals.clear();
  }
}
