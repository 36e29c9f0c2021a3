import type { Clock } from '#base/clock.ts';
import type { Unsubscribe } from '#base/emitter.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { LessonNeeds } from '#lessons/lesson.ts';
import {
  type ReaderShell,
  type SceneSource,
  type Stage,
  type Standing,
  readersDirectory,
} from '#lessons/ports.ts';
import type { TracePosition } from '#rpc/contracts.ts';
import { runOnNode, writeText } from '#rpc/node-calls.ts';
import type { Cluster } from './cluster.svelte.ts';
import type { Machine } from './machine.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Tabs } from './tabs.svelte.ts';

/** What the page knows of the trace; reading it in an effect has the effect run again when it grows. */
export interface TraceFeed {
  position(): TracePosition;
  after(position: TracePosition): readonly TraceRecord[];
}

export interface PageStageOptions {
  machine: Machine;
  cluster: Cluster;
  tabs: Tabs;
  trace: TraceFeed;
  clock: Clock;
  /** Shows a text in the editor of a manifest or script. */
  showText: (file: string, text: string) => void;
}

/** How often a cluster's start may fail before the lesson gives up. */
const clusterStarts = 3;

/** A lesson's stage in a page: its machine, its cluster and its terminal. */
export class PageStage implements Stage {
  readonly clock: Clock;
  readonly shell: ReaderShell;
  readonly scene: SceneSource;
  readonly showText: (file: string, text: string) => void;
  readonly #options: PageStageOptions;
  #restarts = 0;

  constructor(options: PageStageOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.showText = options.showText;
    this.shell = {
      atPrompt: (signal) => this.#terminal().shell.atPrompt(signal),
      run: (line, signal) => this.#terminal().shell.run(line, signal),
      begin: (line, signal) => this.#terminal().shell.begin(line, signal),
      type: (text) => this.#terminal().shell.type(text),
    };
    const { cluster, trace } = options;
    this.scene = {
      now: () => sceneOf(cluster),
      tracePosition: () => trace.position(),
      traceAfter: (position) => trace.after(position),
      listen: (listener) => this.#listen(listener),
    };
  }

  run(command: string, signal: AbortSignal) {
    return runOnNode(this.#options.machine.api, command, signal);
  }

  writeFile(name: string, text: string, signal: AbortSignal): Promise<void> {
    return writeText(this.#options.machine.api, `${readersDirectory}/${name}`, text, signal);
  }

  breakOn(points: readonly string[]): Promise<void> {
    return this.#options.cluster.breakOn(points);
  }

  step(): Promise<void> {
    return this.#options.cluster.step();
  }

  proceed(): Promise<void> {
    return this.#options.cluster.proceed();
  }

  runOn(): Promise<void> {
    return this.#options.cluster.runOn();
  }

  /** Whether the machine ends and begins by the lesson's own doing. */
  get restarting(): boolean {
    return this.#restarts > 0;
  }

  async restart(needs: LessonNeeds, signal: AbortSignal): Promise<void> {
    const { machine, cluster } = this.#options;
    const released = cluster.runOn();
    // In a machine that is gone nothing is held; its breakpoints are forgotten all the same.
    if (machine.running) await released;
    else released.catch(() => undefined);
    this.#restarts++;
    try {
      await machine.start('snapshot');
    } finally {
      this.#restarts--;
    }
    await this.ready(needs, signal);
  }

  async ready(needs: LessonNeeds, signal: AbortSignal): Promise<void> {
    await this.#until(signal, ({ machine }) => {
      const { status } = machine;
      if (status.kind === 'failed' || status.kind === 'halted') throw failed(status.failure);
      return status.kind === 'running';
    });
    await this.shell.atPrompt(signal);
    if (needs === 'machine') return;
    this.#options.cluster.start();
    let failures: number[] = [];
    await this.#until(signal, ({ cluster: { status } }) => {
      // It is tried again by itself.
      if (status.kind === 'failed' && !failures.includes(status.retryAt)) {
        failures = [...failures, status.retryAt];
        if (failures.length >= clusterStarts) throw failed(status.failure);
      }
      return status.kind === 'running';
    });
  }

  /** The lesson's terminal: the first shell there is, shown; a new one where its reader has left it. */
  #terminal(): Session {
    const { tabs } = this.#options;
    const session = tabs.sessions.find(({ kind }) => kind === 'shell') ?? tabs.addShell();
    tabs.activate(session);
    if (session.state === 'ended') session.open();
    return session;
  }

  #listen(listener: () => void): Unsubscribe {
    const { cluster, trace } = this.#options;
    return $effect.root(() => {
      $effect(() => {
        sceneOf(cluster);
        trace.position();
        listener();
      });
    });
  }

  /** Waits until what the page shows is so. A condition that throws ends the wait with that. */
  #until(signal: AbortSignal, is: (options: PageStageOptions) => boolean): Promise<void> {
    let stop: Unsubscribe = () => undefined;
    const wait = new Promise<void>((resolve, reject) => {
      stop = $effect.root(() => {
        $effect(() => {
          try {
            if (is(this.#options)) resolve();
          } catch (error) {
            reject(asSandglassError(error));
          }
        });
      });
    });
    return untilAborted(wait, signal).finally(stop);
  }
}

function sceneOf({ pods, events, held, breakpoints }: Cluster): Standing {
  return { pods, events, held, breakpoints };
}

function failed({
  code,
  message,
}: {
  code: SandglassError['code'];
  message: string;
}): SandglassError {
  return new SandglassError(code, message);
}
