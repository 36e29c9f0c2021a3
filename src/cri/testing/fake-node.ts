import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { ProcessSpec } from '#guest/process.ts';
import type { RunOptions, RunResult } from '#guest/run.ts';

/** A node's files, and programs that do nothing and succeed unless a test says what they do. */
export class FakeNode {
  readonly texts = new Map<string, string>();
  /** No byte can be written. */
  isFull = false;
  /** Milliseconds since 1970 by its own clock. */
  wallTime = 1e12;
  /** What running a program comes to. */
  runs: (spec: ProcessSpec, options?: RunOptions) => Promise<RunResult> = () =>
    Promise.resolve({ exit: { code: 0 }, stdout: new Uint8Array(), stderr: new Uint8Array() });

  get agent(): AgentClient {
    return {
      files: this.#files,
      system: { facts: () => Promise.resolve({ wallTime: this.wallTime }) },
      run: (spec: ProcessSpec, options?: RunOptions) => this.runs(spec, options),
    } as unknown as AgentClient;
  }

  below(directory: string): string[] {
    return [...this.texts.keys()].filter((path) => path.startsWith(`${directory}/`));
  }

  readonly #files = {
    makeDirectory: () => Promise.resolve(),
    exists: (path: string) => Promise.resolve(this.texts.has(path) || this.below(path).length > 0),
    list: (directory: string) =>
      Promise.resolve(
        this.below(directory).map((path) => ({ name: path.slice(directory.length + 1) })),
      ),
    readText: (path: string) => {
      const text = this.texts.get(path);
      if (text !== undefined) return Promise.resolve(text);
      if (path.startsWith('/etc/') || path.startsWith('/proc/')) return Promise.resolve('node\n');
      const error = new SandglassError('not-found', `No ${path}`, { errno: 'ENOENT' });
      return Promise.reject(error);
    },
    write: (path: string, text: string) => {
      if (this.isFull) {
        const why = 'No space left on device';
        return Promise.reject(new SandglassError('resource-exhausted', why, { errno: 'ENOSPC' }));
      }
      this.texts.set(path, text);
      return Promise.resolve();
    },
    remove: (path: string) => {
      for (const each of [path, ...this.below(path)]) this.texts.delete(each);
      return Promise.resolve();
    },
  };
}
