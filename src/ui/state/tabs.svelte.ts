import type { Clock } from '#base/clock.ts';
import { words } from '#ui/words/words.ts';
import {
  type ContainerTask,
  type PodSource,
  containerProgram,
  nameOf,
} from './container-program.ts';
import type { Machine } from './machine.svelte.ts';
import type { PodContainer } from './pod-containers.ts';
import { type Program, consoleOf, shellOn } from './programs.ts';
import { Session } from './session.svelte.ts';

export interface TabsOptions {
  machine: Machine;
  pods: PodSource;
  clock: Clock;
  /** A shell's first output is on the screen. */
  onFirstOutput?: () => void;
  /** The reader has typed into a tab. */
  onTyped?: () => void;
}

/** The terminal tabs: shells on the node, its serial console, and kubectl with containers. There is always one. */
export class Tabs {
  readonly #options: TabsOptions;
  #sessions = $state.raw<Session[]>([]);
  #activeId = $state(0);
  #nextId = 1;
  /** The shell to come back to when a cold boot that the console shows is over. */
  #returnTo: Session | undefined;
  /** The machine starts again by itself. */
  #resetting = false;

  constructor(options: TabsOptions) {
    this.#options = options;
    const { machine } = options;
    machine.ended.listen((reason) => {
      for (const session of this.#sessions) session.lose(reason);
    });
    machine.statusChanged.listen((status) => {
      const { reset } = { reset: undefined, ...status };
      if (reset && !this.#resetting) this.watchBoot();
      this.#resetting = reset !== undefined;
      // The console speaks before any shell can, from power-on.
      if (status.kind === 'starting') this.#console()?.open();
      if (status.kind === 'running') this.#onRunning();
    });
    this.addShell();
  }

  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  get active(): Session | undefined {
    return this.#sessions.find((session) => session.id === this.#activeId);
  }

  activate(session: Session): void {
    this.#returnTo = undefined;
    this.#activate(session);
  }

  /** The tab `step` places to the right, round the ends. */
  neighbour(session: Session, step: number): Session | undefined {
    const { length } = this.#sessions;
    const index = this.#sessions.indexOf(session) + step;
    return this.#sessions[((index % length) + length) % length];
  }

  addShell(): Session {
    const { machine } = this.#options;
    return this.#add(
      this.#freeTitle(machine.name),
      shellOn(() => machine.api),
    );
  }

  /** A shell of the node: the one that is shown, or another, or a new one; it is shown then. */
  showShell(): Session {
    const isShell = ({ kind }: Session) => kind === 'shell';
    const { active } = this;
    const shell = active && isShell(active) ? active : this.#sessions.find(isShell);
    if (!shell) return this.addShell();
    if (shell !== active) this.activate(shell);
    return shell;
  }

  /** Opens a shell in a container, or shows its logs: these in one tab however often they are asked for. */
  openContainer(task: ContainerTask, container: PodContainer): Session {
    const program = containerProgram(task, container, this.#options);
    const { shellTab, logsTab } = words.containers;
    const title = (task === 'shell' ? shellTab : logsTab)(nameOf(container));
    const before =
      task === 'logs' && this.#sessions.find(({ command }) => command === program.command);
    if (!before) return this.#add(this.#freeTitle(title), program);
    this.activate(before);
    if (before.state === 'ended' && this.#canOpen(program)) before.open();
    return before;
  }

  /** Shows the serial console, in one tab however often it is asked for. */
  showConsole(): Session {
    const { machine } = this.#options;
    const session =
      this.#console() ??
      this.#add(
        words.terminal.console,
        consoleOf(() => machine.api),
      );
    this.activate(session);
    return session;
  }

  /** Shows the console until the machine that starts now runs. */
  watchBoot(): void {
    const before = this.active;
    this.showConsole();
    this.#returnTo =
      before?.kind === 'shell'
        ? before
        : this.#sessions.find((session) => session.kind === 'shell');
  }

  close(session: Session): void {
    const index = this.#sessions.indexOf(session);
    if (index < 0) return;
    session.close();
    if (this.#returnTo === session) this.#returnTo = undefined;
    this.#sessions = this.#sessions.filter((other) => other !== session);
    if (this.#sessions.length === 0) this.addShell();
    else if (this.#activeId === session.id) {
      const heir = this.#sessions[Math.min(index, this.#sessions.length - 1)];
      if (heir) this.#activate(heir);
    }
  }

  #activate(session: Session): void {
    this.#activeId = session.id;
  }

  #console(): Session | undefined {
    return this.#sessions.find((session) => session.kind === 'console');
  }

  #add(title: string, program: Program): Session {
    const { clock, onFirstOutput, onTyped } = this.#options;
    const session: Session = new Session({
      id: this.#nextId++,
      title,
      program,
      clock,
      ...(onTyped ? { onTyped } : {}),
      ...(program.kind === 'shell' && onFirstOutput ? { onFirstOutput } : {}),
      onLeave: () => {
        this.close(session);
      },
    });
    this.#sessions = [...this.#sessions, session];
    this.activate(session);
    if (this.#canOpen(program)) session.open();
    return session;
  }

  #canOpen(program: Program): boolean {
    const { running, status } = this.#options.machine;
    if (program.kind !== 'console') return running;
    return running || status.kind === 'starting' || status.kind === 'paused';
  }

  #onRunning(): void {
    for (const session of this.#sessions) if (session.state === 'waiting') session.open();
    if (this.#returnTo) this.#activate(this.#returnTo);
    this.#returnTo = undefined;
  }

  /** `node-1`, then `node-1 (2)` and so on: the first that no tab has. */
  #freeTitle(name: string): string {
    const taken = this.#sessions.map((session) => session.title);
    let title = name;
    for (let number = 2; taken.includes(title); number += 1) title = `${name} (${number})`;
    return title;
  }
}
