import { SvelteMap } from 'svelte/reactivity';
import type { Clock } from '#base/clock.ts';
import type { PageFrame } from './site/page-data.ts';
import type { ConnectNode, PageConnection, PageVisibility, SettingsStore } from './ports.ts';
import { Cluster } from './state/cluster.svelte.ts';
import { FactsWatch } from './state/facts-watch.ts';
import { IdleSleep } from './state/idle-sleep.ts';
import { Machine } from './state/machine.svelte.ts';
import { marks } from './state/marks.ts';
import { Notice } from './state/notice.svelte.ts';
import type { ReaderFiles } from './state/receive-file.ts';
import type { Session } from './state/session.svelte.ts';
import { Settings, fontSizes } from './state/settings.svelte.ts';
import { Tabs } from './state/tabs.svelte.ts';
import { type LocalFile, type Transfer, Transfers } from './state/transfers.svelte.ts';
import { errorInWords } from './state/words.ts';
import type { Shortcut } from './terminal/shortcuts.ts';
import type { TerminalView } from './terminal/view.ts';

export interface PageOptions {
  frame: PageFrame;
  connect: ConnectNode;
  /** A connection made before the page was loaded. */
  connection?: PageConnection;
  clock: Clock;
  visibility: PageVisibility;
  store: SettingsStore | undefined;
  readerFiles: ReaderFiles;
  mac: boolean;
  /** How long the page is hidden before an idle machine sleeps, in milliseconds. */
  sleepAfter?: number;
}

export type DialogName = 'facts' | 'upload' | 'download' | 'keyboard' | 'try';

/** The whole page's state: what the components show and what they call. */
export class Page {
  readonly frame: PageFrame;
  /** The reader's. */
  readonly clock: Clock;
  readonly machine: Machine;
  readonly cluster: Cluster;
  readonly settings: Settings;
  readonly tabs: Tabs;
  readonly transfers: Transfers;
  readonly mac: boolean;
  /** What is kept between visits, where the browser allows that. */
  readonly store: SettingsStore | undefined;
  readonly notice: Notice;
  readonly #facts: FactsWatch;
  readonly #idleSleep: IdleSleep;
  /** Reactive: the find bar follows the view, which comes later than its tab. */
  readonly #views = new SvelteMap<Session, TerminalView>();
  #dialog = $state<DialogName | undefined>();
  /** Files that wait for the reader to say where they go. */
  #files = $state.raw<readonly LocalFile[]>([]);
  /** The path of a transfer that failed, to be put right. */
  #typedPath: string | undefined;
  #finding = $state(false);
  #clusterShown = $state(false);
  /** Nobody has typed yet: the reader may not know what there is. */
  #untouched = $state(true);

  constructor(options: PageOptions) {
    const { clock, visibility } = options;
    this.frame = options.frame;
    this.clock = clock;
    this.mac = options.mac;
    this.store = options.store;
    this.settings = new Settings(options.store);
    this.machine = new Machine(options.connect, clock, options.connection);
    this.cluster = new Cluster(this.machine);
    this.tabs = new Tabs({
      machine: this.machine,
      pods: this.cluster,
      clock,
      onTyped: () => {
        this.#untouched = false;
      },
      onFirstOutput: () => {
        this.#onFirstOutput();
      },
    });
    this.transfers = new Transfers(this.machine, options.readerFiles, clock);
    this.#idleSleep = new IdleSleep(this.machine, clock, visibility, options.sleepAfter);
    this.#facts = new FactsWatch({
      machine: this.machine,
      clock,
      visibility,
      dialogOpen: () => this.#dialog === 'facts',
    });
    this.notice = new Notice(clock);
    this.machine.noticed.listen(({ message }) => {
      this.notice.text = message;
    });
  }

  get dialog(): DialogName | undefined {
    return this.#dialog;
  }

  get typedPath(): string | undefined {
    return this.#typedPath;
  }

  get files(): readonly LocalFile[] {
    return this.#files;
  }

  get clusterShown(): boolean {
    return this.#clusterShown;
  }

  set clusterShown(shown: boolean) {
    this.#clusterShown = shown;
    if (shown) this.cluster.start();
  }

  get finding(): boolean {
    return this.#finding;
  }

  /** Whether to offer things to try. */
  get hinting(): boolean {
    const { active } = this.tabs;
    return this.#untouched && active?.kind === 'shell' && active.state === 'open';
  }

  /** Whether the reader has done something on the machine that would be lost with the page. */
  get hasWork(): boolean {
    const { kind } = this.machine.status;
    const lost = kind === 'off' || kind === 'halted' || kind === 'failed';
    return !lost && (!this.#untouched || this.transfers.uploaded);
  }

  /** The view of the tab that is shown. */
  get activeView(): TerminalView | undefined {
    const { active } = this.tabs;
    return active && this.#views.get(active);
  }

  viewOf(session: Session): TerminalView | undefined {
    return this.#views.get(session);
  }

  addView(session: Session, view: TerminalView): () => void {
    this.#views.set(session, view);
    session.attach(view.terminal);
    if (marks.has('prompt')) void view.loadExtras();
    return () => this.#views.delete(session);
  }

  open(dialog: DialogName): void {
    this.#dialog = dialog;
    if (dialog === 'facts') this.#facts.look();
  }

  closeDialog(): void {
    this.#dialog = undefined;
    this.#files = [];
    this.#typedPath = undefined;
    this.returnToTerminal();
  }

  chooseTarget(files: readonly LocalFile[]): void {
    if (files.length === 0) return;
    this.#files = files;
    this.open('upload');
  }

  /** Asks again about a transfer that failed, as it was asked for. */
  retry(transfer: Transfer): void {
    this.transfers.dismiss(transfer);
    const { file, path, again } = transfer;
    if (again) {
      void again();
      return;
    }
    this.#typedPath = path;
    if (file) this.chooseTarget([file]);
    else this.open('download');
  }

  /** Types a command for the reader, who runs it, into a shell of the node. */
  tryOut(command: string): void {
    if (!this.machine.running) return;
    const session = this.tabs.showShell();
    if (session.state === 'open') session.type(command);
    else void this.#typeAtPrompt(session, command);
    this.returnToTerminal();
  }

  /** Undoes what a program's output has done to the screen, such as a picture sent to it; its text stays. */
  resetTerminal(): void {
    this.tabs.active?.reset();
    this.returnToTerminal();
  }

  openFind(): void {
    this.#finding = true;
  }

  closeFind(): void {
    this.#finding = false;
    this.returnToTerminal();
  }

  /** A click leaves the reader in the terminal; who came to a control by keyboard stays there. */
  leaveControl({ detail }: MouseEvent): void {
    if (detail > 0) this.returnToTerminal();
  }

  /** Gives the terminal the focus, but not by touch, which would bring up the keyboard. */
  returnToTerminal(): void {
    if (!matchMedia('(pointer: coarse)').matches) this.activeView?.focus();
  }

  /** Runs what the reader asked for; what fails is said in the notice. */
  attempt(action: () => Promise<void>, inWords: (error: unknown) => string): void {
    this.notice.text = '';
    action().catch((error: unknown) => {
      this.notice.text = inWords(error);
    });
  }

  restart(): void {
    void this.machine.start('snapshot');
  }

  resume(): void {
    this.attempt(() => this.machine.resume(), errorInWords);
  }

  powerCycle(): void {
    this.tabs.watchBoot();
    void this.machine.start('cold-boot');
  }

  /** Does what a key asks for; tells whether that leaves nothing for the browser to do. */
  perform(shortcut: Shortcut): boolean {
    const { settings, tabs } = this;
    switch (shortcut) {
      case 'copy':
        this.attempt(async () => this.activeView?.copySelection(), errorInWords);
        return true;
      case 'paste':
        // The browser's own paste needs no permission; xterm.js takes its event.
        return false;
      case 'send-control-v':
        tabs.active?.type('\x16');
        return true;
      case 'find':
        this.openFind();
        return true;
      case 'new-tab':
        tabs.addShell();
        return true;
      case 'next-tab':
      case 'previous-tab':
        this.#turn(shortcut === 'next-tab' ? 1 : -1);
        return true;
      case 'leave-terminal':
        // Of a held terminal, the way on is what its reader most likely wants.
        this.#focusFirst('#resume', '[role=tab][aria-selected=true]');
        return true;
      case 'larger':
        settings.fontSize += 1;
        return true;
      case 'smaller':
        settings.fontSize -= 1;
        return true;
      case 'usual-size':
        settings.fontSize = fontSizes.usual;
        return true;
    }
  }

  dispose(): void {
    this.#facts.dispose();
    this.#idleSleep.dispose();
    this.machine.dispose();
  }

  async #typeAtPrompt(session: Session, command: string): Promise<void> {
    if (session.state === 'ended') session.open();
    try {
      await session.shell.atPrompt(new AbortController().signal);
      session.type(command);
    } catch {
      // The shell is gone, which its screen tells.
    }
  }

  #focusFirst(...selectors: string[]): void {
    for (const selector of selectors) {
      const element = document.querySelector<HTMLElement>(selector);
      if (element) {
        element.focus();
        return;
      }
    }
  }

  #turn(step: number): void {
    const { active } = this.tabs;
    const next = active && this.tabs.neighbour(active, step);
    if (next) this.tabs.activate(next);
  }

  #onFirstOutput(): void {
    // The frame that draws what has been parsed has been asked for before this one.
    requestAnimationFrame(() => {
      marks.once('prompt');
      this.cluster.start();
      this.#facts.look();
      for (const view of this.#views.values()) void view.loadExtras();
    });
  }
}
