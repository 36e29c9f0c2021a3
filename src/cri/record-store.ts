import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';

interface Identified {
  readonly id: string;
  readonly name: string;
}

/** How a kind of record becomes JSON and comes back. */
export interface RecordFormat<T> {
  /** A directory on the node; it does not outlive the machine. */
  directory: string;
  /** As messages name it: `sandbox` or `container`. */
  kind: string;
  encode: (record: T) => unknown;
  decode: (json: unknown) => T;
}

/**
 * Sandboxes or containers by id, each with a file on the node, so that another life of this service
 * can take them up. Names are taken by one of them at a time.
 */
export class RecordStore<T extends Identified> {
  readonly #agent: AgentClient;
  readonly #format: RecordFormat<T>;
  readonly #records = new Map<string, T>();
  readonly #names = new Map<string, string>();

  constructor(agent: AgentClient, format: RecordFormat<T>) {
    this.#agent = agent;
    this.#format = format;
  }

  list(): T[] {
    return [...this.#records.values()];
  }

  /**
   * By an id or the unambiguous beginning of one (containerd, internal/truncindex).
   * @param attempt what a message begins with: each call of containerd has words of its own
   */
  find(id: string, attempt = this.#attempt(id)): T | undefined {
    const exact = this.#records.get(id);
    if (exact) return exact;
    if (id === '') throw new SandglassError('unknown', `${attempt}: prefix can't be empty`);
    const [first, second] = this.list().filter((record) => record.id.startsWith(id));
    if (!second) return first;
    const why = `Multiple IDs found with provided prefix: ${id}`;
    throw new SandglassError('unknown', `${attempt}: ${why}`);
  }

  /** As `find`; rejects if there is none. */
  get(id: string, attempt = this.#attempt(id)): T {
    const record = this.find(id, attempt);
    if (record) return record;
    throw new SandglassError('not-found', `${attempt}: not found`);
  }

  #attempt(id: string): string {
    return `an error occurred when try to find ${this.#format.kind} "${id}"`;
  }

  /** Until it is released, nothing else can have the name (internal/registrar of containerd). */
  reserve(name: string, id: string): void {
    const owner = this.#names.get(name);
    if (owner !== undefined && owner !== id) {
      throw new SandglassError(
        'unknown',
        `failed to reserve ${this.#format.kind} name "${name}": name "${name}" is reserved for "${owner}"`,
      );
    }
    this.#names.set(name, id);
  }

  release(name: string): void {
    this.#names.delete(name);
  }

  async add(record: T): Promise<void> {
    await this.save(record);
    this.keep(record);
  }

  /** Shows it to clients, as it was saved last. */
  keep(record: T): void {
    this.#records.set(record.id, record);
  }

  save(record: T): Promise<void> {
    const json = JSON.stringify(this.#format.encode(record));
    return this.#agent.files.write(this.#file(record.id), json, { atomic: true });
  }

  async remove({ id, name }: T): Promise<void> {
    await this.#agent.files.remove(this.#file(id), { missing: 'ignore' });
    this.#records.delete(id);
    this.release(name);
  }

  /** Takes up what is on the node. */
  async load(): Promise<T[]> {
    const { directory, decode } = this.#format;
    await this.#agent.files.makeDirectory(directory, { parents: true });
    for (const { name: file } of await this.#agent.files.list(directory)) {
      if (!file.endsWith('.json')) continue;
      const text = await this.#agent.files.readText(`${directory}/${file}`);
      const record = decode(JSON.parse(text));
      this.#records.set(record.id, record);
      this.#names.set(record.name, record.id);
    }
    return this.list();
  }

  #file(id: string): string {
    return `${this.#format.directory}/${id}.json`;
  }
}
