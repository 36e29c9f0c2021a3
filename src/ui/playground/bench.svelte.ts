import { systemClock } from '#base/clock.ts';
import { writeText } from '#rpc/node-calls.ts';
import type { Page } from '#ui/page.svelte.ts';
import { shareWithin } from '#ui/parts/shares.ts';
import type { SettingsStore } from '#ui/ports.ts';
import { errorInWords } from '#ui/state/words.ts';
import { words } from '#ui/words/words.ts';
import { type Example, examples, isStill } from './examples.ts';
import { FaultBoard } from './fault-board.svelte.ts';
import { type Layout, readLayout } from './layout.ts';
import { commandAfter, isInHome, isManifestFile, usualFile } from './manifest-file.ts';
import { decodeFragment, linkTo } from './permalink.ts';
import { SavedBoard } from './saved-clusters/saved-board.svelte.ts';
import { SavedClusterStore } from './saved-clusters/saved-cluster-store.ts';

const key = 'sandglass.playground';
/** Characters of a manifest that are kept between visits. */
const keptLength = 256 << 10;

/** What is beside the terminals: a manifest and its file, and how the page is arranged. Kept between visits. */
export class Bench {
  readonly faults: FaultBoard;
  readonly saved: SavedBoard;
  readonly #page: Page;
  readonly #store: SettingsStore | undefined;
  #layout = $state.raw<Layout>(readLayout(undefined));
  #file = $state(usualFile);
  #manifest = $state('');
  /** A link has brought what is shown, and the reader has not touched it. */
  #cameByLink = $state(false);

  constructor(page: Page, store: SettingsStore | undefined) {
    this.#page = page;
    this.#store = store;
    this.faults = new FaultBoard(page.machine, systemClock, (command) => {
      this.run(command);
    });
    this.saved = new SavedBoard(page, new SavedClusterStore(browserDatabases(), page.clock));
    const first = examples[0];
    if (first) this.choose(first);
    this.#restore();
    page.clusterShown = this.#layout.figures;
  }

  get layout(): Layout {
    return { ...this.#layout, figures: this.#page.clusterShown };
  }

  get file(): string {
    return this.#file;
  }

  get manifest(): string {
    return this.#manifest;
  }

  get cameByLink(): boolean {
    return this.#cameByLink;
  }

  /** The manifest is longer than what is kept between visits, where anything is. */
  get isTooLong(): boolean {
    return this.#store !== undefined && this.#manifest.length > keptLength;
  }

  /** The example that is shown as it came, if it is one. */
  get example(): Example | undefined {
    return examples.find(
      ({ file, manifest }) => file === this.#file && manifest === this.#manifest,
    );
  }

  /** The example that what is shown began with, as long as it has that one's objects. */
  get origin(): Example | undefined {
    const origin = examples.find(({ file }) => file === this.#file);
    return origin && isStill(origin, this.#manifest) ? origin : undefined;
  }

  arrange(change: Partial<Layout>): void {
    const { side, stack } = { ...this.#layout, ...change };
    this.#layout = {
      ...this.layout,
      ...change,
      side: shareWithin(side),
      stack: shareWithin(stack),
    };
    if (change.figures !== undefined) this.#page.clusterShown = change.figures;
    this.keep();
  }

  edit(manifest: string): void {
    this.#manifest = manifest;
    this.#file = fileOf(manifest, this.#file);
    this.#cameByLink = false;
    this.keep();
  }

  choose({ file, manifest }: Example): void {
    this.#file = file;
    this.#manifest = manifest;
    this.#cameByLink = false;
  }

  /** Writes the manifest to the node and types, for all to see, what applies it. */
  async apply(manifest: string): Promise<void> {
    const { notice, machine } = this.#page;
    notice.text = '';
    if (!machine.running) {
      notice.text = words.bench.notRunning;
      return;
    }
    try {
      const file = this.#file;
      await writeText(machine.api, file, manifest);
      this.#cameByLink = false;
      this.run(commandAfter(file));
    } catch (error) {
      notice.text = errorInWords(error);
    }
  }

  /**
   * Types a command and Enter in a terminal whose shell waits for one: the one that is shown, another, or a new one.
   */
  run(command: string): void {
    const { tabs, notice } = this.#page;
    const waiting = [tabs.active, ...tabs.sessions].find((session) => session?.shell.waits);
    const session = waiting ?? tabs.addShell();
    if (session !== tabs.active) tabs.activate(session);
    const forEver = new AbortController();
    session.shell.run(command, forEver.signal).catch((error: unknown) => {
      notice.text = errorInWords(error);
    });
  }

  /** The page's address with what is shown; rejects where it is too long for one. */
  link(address: string): Promise<string> {
    const { file, manifest, layout } = this;
    return linkTo(address, { file, manifest, layout: { ...layout, bench: true } });
  }

  /** Shows what a link carries; what is wrong with one is said. */
  async follow(fragment: string): Promise<void> {
    try {
      const shared = await decodeFragment(fragment);
      if (!shared) return;
      this.#file = shared.file;
      this.#manifest = shared.manifest;
      this.#layout = { ...shared.layout, bench: true, view: 'manifest' };
      this.#page.clusterShown = shared.layout.figures;
      this.#cameByLink = true;
    } catch (error) {
      this.#page.notice.text = errorInWords(error);
    }
  }

  /**
   * For the next visit. A link's manifest is not the reader's until it is changed: while it is shown, or one that is
   * too long to be kept, the one that was kept last stays.
   */
  keep(): void {
    const { file, manifest, layout } = this;
    const isKept = !this.#cameByLink && !this.isTooLong;
    const last = isKept ? { file, manifest } : readManifest(this.#saved());
    try {
      this.#store?.setItem(key, JSON.stringify({ layout, ...last }));
    } catch {
      // A full or forbidden store: what is shown holds for this visit.
    }
  }

  #restore(): void {
    const saved = this.#saved();
    this.#layout = readLayout(saved['layout']);
    const last = readManifest(saved);
    if (!last) return;
    this.#file = last.file;
    this.#manifest = last.manifest;
  }

  #saved(): Record<string, unknown> {
    try {
      const saved: unknown = JSON.parse(this.#store?.getItem(key) ?? '{}');
      return typeof saved === 'object' && saved !== null ? (saved as Record<string, unknown>) : {};
    } catch {
      return {};
    }
  }
}

/** Where a manifest that has been edited goes: what has nothing of its example any more does not have its file either. */
function fileOf(manifest: string, file: string): string {
  const origin = examples.find((example) => example.file === file);
  if (origin) return isStill(origin, manifest) || !isInHome(file) ? file : usualFile;
  if (file !== usualFile) return file;
  return examples.find((example) => example.manifest === manifest)?.file ?? file;
}

/** Browsers may forbid storage, with an error at the first look. */
function browserDatabases(): IDBFactory | undefined {
  try {
    return globalThis.indexedDB;
  } catch {
    return undefined;
  }
}

/** What was kept of a manifest, if it is one. */
function readManifest({ file, manifest }: Record<string, unknown>) {
  if (typeof file !== 'string' || typeof manifest !== 'string') return undefined;
  return isManifestFile(file) ? { file, manifest } : undefined;
}
