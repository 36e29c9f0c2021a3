import type { ByteSink } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { createKubectl } from '#cli/kubectl/kubectl.ts';
import type { Invocation, Program, Terminal } from '#cli/ports.ts';
import { startTestApi, type TestApi } from '#apiserver/testing/test-api.ts';
import type { ApiServerOptions } from '#apiserver/api-server.ts';
import { MemoryFiles, sourceOf } from './memory-files.ts';

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

export interface CallOptions {
  stdin?: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  terminal?: Terminal;
  /** Told of the output as it comes. */
  onOutput?: (text: string) => void;
  listen?: Invocation['listen'];
  run?: Invocation['run'];
}

class Collector implements ByteSink {
  readonly #decoder = new TextDecoder();
  readonly #onText: ((text: string) => void) | undefined;
  text = '';

  constructor(onText?: (text: string) => void) {
    this.#onText = onText;
  }

  write(bytes: Uint8Array): Promise<void> {
    const text = this.#decoder.decode(bytes, { stream: true });
    this.text += text;
    this.#onText?.(text);
    return Promise.resolve();
  }

  end(): void {
    // A program's output ends with it.
  }
}

/** Calls programs as a shell does, with files in memory. */
export class Shell {
  readonly files = new MemoryFiles();
  readonly #programs: Readonly<Record<string, Program>>;

  constructor(programs: Readonly<Record<string, Program>>) {
    this.#programs = programs;
  }

  /** Splits words at spaces; quotes keep them together. */
  async call(line: string, options: CallOptions = {}): Promise<Outcome> {
    return this.callWords(words(line), options);
  }

  async callWords(argv: readonly string[], options: CallOptions = {}): Promise<Outcome> {
    const program = this.#programs[argv[0] ?? ''];
    if (!program) throw new Error(`There is no program ${argv[0] ?? ''}.`);
    const [stdout, stderr] = [new Collector(options.onOutput), new Collector()];
    const code = await program({
      argv,
      cwd: '/',
      env: { HOME: '/root', ...options.env },
      terminal: options.terminal,
      stdin: sourceOf(new TextEncoder().encode(options.stdin ?? '')),
      stdout,
      stderr,
      files: this.files,
      listen: options.listen ?? refuse,
      run: options.run ?? refuse,
      signal: options.signal ?? new AbortController().signal,
    });
    return { code, out: stdout.text, err: stderr.text };
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new SandglassError('unimplemented', 'This test has no such thing.'));
}

function words(line: string): string[] {
  const found = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  return found.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

export interface KubectlSession extends TestApi {
  shell: Shell;
  /** Of the words after `kubectl`. */
  kubectl: (line: string, options?: CallOptions) => Promise<Outcome>;
}

/** kubectl on an API server in memory. */
export function startKubectl(options: Partial<ApiServerOptions> = {}): KubectlSession {
  const api = startTestApi(options);
  const { fetch, upgrade } = api.api;
  const kubectl = createKubectl({ api: { fetch, upgrade }, clock: api.clock });
  const shell = new Shell({ kubectl });
  return { ...api, shell, kubectl: (line, call) => shell.call(`kubectl ${line}`, call) };
}
