import { BytePort } from '#base/byte-port.ts';
import { systemClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { HeldCall } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import { resources } from '#kube/resources.ts';
import type { Event, Pod } from '#kube/types.ts';
import type { LessonNeeds } from '#lessons/lesson.ts';
import { type Stage, readersDirectory } from '#lessons/ports.ts';
import type { TracePosition } from '#rpc/contracts.ts';
import { MarkedShell } from '#lessons/run/marked-shell.ts';
import { runOnNode, writeText } from '#rpc/node-calls.ts';
import { WorkerCluster } from '../kubernetes/worker-cluster.ts';

/** A lesson's stage without a page: a node in this thread, and a shell on a pty of it. */
export class HeadlessStage implements Stage {
  readonly clock = systemClock;
  readonly worker = new WorkerCluster();
  readonly #changed = new Emitter<undefined>();
  readonly #texts = new Map<string, string>();
  #shell: MarkedShell | undefined;
  #screen = '';
  #trace: TraceBus | undefined;
  #clusters = 0;
  #pods: readonly Pod[] = [];
  #events: readonly Event[] = [];
  #held: readonly HeldCall[] = [];
  #breakpoints: readonly string[] = [];

  constructor() {
    const { api, cluster } = this.worker;
    const tell = () => this.#changed.emit(undefined);
    void api.watchPods((pods) => {
      this.#pods = pods;
      tell();
    });
    void api.watchEvents((events) => {
      this.#events = events;
      tell();
    });
    void api.watchHeld((held) => {
      this.#held = held;
      tell();
    });
    cluster.started.listen(({ trace }) => {
      this.#trace = trace;
      this.#clusters++;
      trace.listen(tell);
    });
  }

  /** What the lesson's terminal has shown since it was opened. */
  get screen(): string {
    return this.#screen;
  }

  readonly shell = {
    atPrompt: (signal: AbortSignal) => this.#current.atPrompt(signal),
    run: (line: string, signal: AbortSignal) => this.#current.run(line, signal),
    begin: (line: string, signal: AbortSignal) => this.#current.begin(line, signal),
    type: (text: string) => this.#current.type(text),
  };

  readonly scene = {
    now: () => ({
      pods: this.#pods,
      events: this.#events,
      held: this.#held,
      breakpoints: this.#breakpoints,
    }),
    tracePosition: (): TracePosition => ({ cluster: this.#clusters, id: this.#trace?.lastId ?? 0 }),
    traceAfter: ({ cluster, id }: TracePosition): readonly TraceRecord[] =>
      this.#trace?.history(cluster === this.#clusters ? id : 0) ?? [],
    listen: (listener: () => void) => this.#changed.listen(listener),
  };

  run(command: string, signal: AbortSignal) {
    return runOnNode(this.worker.api, command, signal);
  }

  writeFile(name: string, text: string, signal: AbortSignal): Promise<void> {
    return writeText(this.worker.api, `${readersDirectory}/${name}`, text, signal);
  }

  showText(file: string, text: string): void {
    this.#texts.set(file, text);
  }

  breakOn(points: readonly string[]): Promise<void> {
    this.#breakpoints = points;
    return this.worker.api.setBreakpoints(points);
  }

  step(): Promise<void> {
    return this.worker.api.stepHeld();
  }

  proceed(): Promise<void> {
    return this.worker.api.proceedHeld();
  }

  runOn(): Promise<void> {
    this.#breakpoints = [];
    return this.worker.api.runOn();
  }

  async ready(needs: LessonNeeds, signal: AbortSignal): Promise<void> {
    await this.#current.atPrompt(signal);
    if (needs === 'cluster') await this.#clusterReady(signal);
  }

  async restart(needs: LessonNeeds, signal: AbortSignal): Promise<void> {
    await this.runOn();
    await this.worker.api.start('snapshot');
    throwIfCancelled(signal);
    await this.#openShell();
    await this.ready(needs, signal);
  }

  dispose(): void {
    this.worker.node.stop();
  }

  get #current(): MarkedShell {
    if (!this.#shell) throw new SandglassError('failed-precondition', 'There is no shell yet.');
    return this.#shell;
  }

  async #openShell(): Promise<void> {
    const { near, far } = BytePort.pair();
    const encoder = new TextEncoder();
    const shell = new MarkedShell((text) => void near.outgoing.write(encoder.encode(text)));
    this.#screen = '';
    this.#shell = shell;
    await this.worker.api.openTerminal({ columns: 120, rows: 40 }, far);
    void this.#show(near, shell);
  }

  async #show(near: BytePort, shell: MarkedShell): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for (let chunk = await near.incoming.read(); chunk; chunk = await near.incoming.read()) {
        this.#screen += decoder.decode(chunk, { stream: true });
        shell.takeOutput(chunk);
      }
      shell.lose(new SandglassError('unavailable', 'The shell has ended.'));
    } catch (error) {
      shell.lose(asSandglassError(error));
    }
  }

  async #clusterReady(signal: AbortSignal): Promise<void> {
    await this.worker.api.startCluster();
    const client = await this.worker.client();
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    for await (const { object } of client.watch(resources.nodes, { signal: either })) {
      const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True') continue;
      over.abort();
      return;
    }
  }
}
