import { throwIfCancelled } from '#base/errors.ts';
import type { Cache, Entry } from './cache.ts';
import { sha256OfRecord } from './digest.ts';
import type { Progress } from './progress.ts';
import type { Toolbox } from './toolbox.ts';

/** What a step has at hand while it builds. */
export interface Workshop {
  /** The output of a step that this one needs. */
  readonly outputOf: (step: Step) => string;
  readonly output: string;
  readonly work: string;
  /** The scratch files are those of an interrupted run of the same step. */
  readonly resumed: boolean;
  readonly toolbox: Toolbox;
  readonly cacheFolder: string;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** One link of the build: it is run once for each set of inputs, and its output kept. */
export interface Step {
  /** Also the step's folder in the cache. */
  readonly name: string;
  readonly title: string;
  readonly needs: readonly Step[];
  /** Debian packages whose commands it runs. */
  readonly tools: readonly string[];
  /** An interrupted run leaves its scratch files for the next one. */
  readonly resumable: boolean;
  /** Digests of everything the output depends on besides the needed steps' outputs. */
  inputs(): Promise<Readonly<Record<string, string>>>;
  run(workshop: Workshop): Promise<void>;
}

export interface RecipeOptions {
  cache: Cache;
  toolbox: Toolbox;
  progress: Progress;
  signal?: AbortSignal;
  /** Steps that are run again even if nothing they depend on changed. */
  refresh?: (step: Step) => boolean;
}

/** Builds steps and what they need, each at most once. */
export class Recipe {
  readonly #options: RecipeOptions;
  readonly #built = new Map<string, Promise<Entry>>();

  constructor(options: RecipeOptions) {
    this.#options = options;
  }

  build(step: Step): Promise<Entry> {
    let entry = this.#built.get(step.name);
    if (!entry) {
      entry = this.#build(step);
      this.#built.set(step.name, entry);
    }
    return entry;
  }

  async #build(step: Step): Promise<Entry> {
    const { cache, progress, signal } = this.#options;
    // One after the other: each uses all cores by itself, and progress stays readable.
    const needed = new Map<Step, Entry>();
    for (const need of step.needs) needed.set(need, await this.build(need));
    throwIfCancelled(signal);
    const key = await stepKey(step, needed);
    const found = this.#options.refresh?.(step) ? undefined : await cache.find(step.name, key);
    if (found) return found;
    progress.say(`${step.title} …`);
    const start = performance.now();
    try {
      const entry = await this.#run(step, key, needed);
      const seconds = (performance.now() - start) / 1000;
      progress.say(`${step.title}: done in ${seconds.toFixed(1)} s`);
      return entry;
    } catch (error) {
      if (!step.resumable) await cache.discard(step.name, key);
      throw error;
    }
  }

  async #run(step: Step, key: string, needed: ReadonlyMap<Step, Entry>): Promise<Entry> {
    const { cache, toolbox, progress, signal } = this.#options;
    await toolbox.ensure(step.tools, signal);
    const draft = await cache.draft(step.name, key, step.resumable);
    await step.run({
      ...draft,
      toolbox,
      progress,
      signal,
      cacheFolder: cache.folder,
      outputOf: (need) => {
        const entry = needed.get(need);
        if (!entry) throw new Error(`${step.name} does not say that it needs ${need.name}`);
        return entry.output;
      },
    });
    throwIfCancelled(signal);
    return cache.commit(step.name, key);
  }
}

/** A step's name in the cache: a digest of everything its output depends on. */
export async function stepKey(step: Step, needed: ReadonlyMap<Step, Entry>): Promise<string> {
  const record: Record<string, string> = { step: step.name };
  for (const [name, digest] of Object.entries(await step.inputs()))
    record[`input ${name}`] = digest;
  for (const [need, entry] of needed) record[`step ${need.name}`] = entry.digest;
  return sha256OfRecord(record).slice(0, 32);
}
