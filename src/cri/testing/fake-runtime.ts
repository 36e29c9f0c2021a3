import { Deferred } from '#base/deferred.ts';
import type { CreateTask, Task, TaskExit, TaskRuntime } from '#runtimes/task.ts';

/** Containers that live until they are killed, in a runtime that outlives those who use it. */
export class FakeRuntime implements TaskRuntime {
  readonly features = { recursiveReadOnlyMounts: true };
  readonly tasks = new Map<string, FakeTask>();
  readonly cleanedUp: string[] = [];
  /** What `create` waits for. */
  gate: Promise<void> = Promise.resolve();

  async create({ id }: CreateTask): Promise<Task> {
    await this.gate;
    const task = new FakeTask(id, () => this.tasks.delete(id));
    this.tasks.set(id, task);
    return task as unknown as Task;
  }

  load(id: string): Promise<Task | undefined> {
    return Promise.resolve(this.tasks.get(id) as unknown as Task | undefined);
  }

  cleanUp(id: string): Promise<void> {
    this.cleanedUp.push(id);
    this.tasks.delete(id);
    return Promise.resolve();
  }
}

class FakeTask implements Pick<
  Task,
  'id' | 'pid' | 'exited' | 'start' | 'kill' | 'delete' | 'release'
> {
  readonly id: string;
  readonly pid = 42;
  readonly #exit = new Deferred<TaskExit>();
  readonly #forget: () => void;

  constructor(id: string, forget: () => void) {
    this.id = id;
    this.#forget = forget;
  }

  get exited(): Promise<TaskExit> {
    return this.#exit.promise;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Milliseconds since 1970 by the node's clock. */
  end(code: number, exitedAt: number): void {
    this.#exit.resolve({ code, exitedAt: BigInt(exitedAt) * 1_000_000n, oomKilled: false });
  }

  kill(signal: number): Promise<void> {
    this.end(128 + signal, 0);
    return Promise.resolve();
  }

  delete(): Promise<void> {
    this.#forget();
    return Promise.resolve();
  }

  release(): void {
    // It lives on.
  }
}
