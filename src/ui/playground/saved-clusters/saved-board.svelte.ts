import type { Page } from '#ui/page.svelte.ts';
import type { TakenCheckpoint } from '#ui/state/transfers.svelte.ts';
import { bytesInWords, dateAndTime, errorInWords, podsInWords } from '#ui/state/words.ts';
import { words } from '#ui/words/words.ts';
import type { SavedClusterStore } from './saved-cluster-store.ts';
import {
  type DamagedCluster,
  type SavedCluster,
  type SavedEntry,
  cleanName,
  isDamaged,
} from './saved-entry.ts';

type Store = Pick<
  SavedClusterStore,
  'list' | 'save' | 'content' | 'rename' | 'delete' | 'watch' | 'lasts'
>;

/** The clusters that are saved in this browser, as the page shows them. */
export class SavedBoard {
  readonly #page: Page;
  readonly #store: Store;
  #entries = $state.raw<readonly SavedEntry[]>();
  /** Why they cannot be listed. */
  #unlisted = $state('');
  /** Why the last thing that the reader did failed. */
  #failure = $state('');
  #lasts = $state(false);
  /** Of the site that is shown; unknown until it has been asked for. */
  #build = $state<string>();
  #saving = false;

  constructor(page: Page, store: Store) {
    this.#page = page;
    this.#store = store;
  }

  /** Nothing until they have been listed. */
  get entries(): readonly SavedEntry[] | undefined {
    return this.#entries;
  }

  get problem(): string {
    return this.#failure || this.#unlisted;
  }

  /** Whether the browser clears them only when the reader says so. */
  get lasts(): boolean {
    return this.#lasts;
  }

  get totalBytes(): number {
    return (this.#entries ?? []).reduce(
      (sum, entry) => sum + (isDamaged(entry) ? 0 : entry.bytes),
      0,
    );
  }

  /** Another build of the site has other files of the guest, or another emulator. */
  isOfAnotherBuild({ build }: SavedCluster): boolean {
    return this.#build !== undefined && build !== this.#build;
  }

  /** Lists them, and again after each change by any tab, until what it gives is called. */
  follow(): () => void {
    void this.#list();
    void this.#askForBuild();
    void this.#askHowLong({ ask: false });
    return this.#store.watch(() => void this.#list());
  }

  /** Saves the cluster as it is now, once at a time; the page's list of transfers shows how far it is and how it ends. */
  async save(): Promise<void> {
    if (this.#saving) return;
    this.#saving = true;
    this.#failure = '';
    try {
      await this.#page.transfers.saveClusterWith((taken, signal) => this.#keep(taken, signal));
    } finally {
      this.#saving = false;
    }
  }

  /** In place of the cluster that runs. */
  async open(cluster: SavedCluster): Promise<void> {
    await this.#attempt(async () => {
      const content = await this.#store.content(cluster);
      const { name } = cluster;
      const file = { name, size: content.size, stream: () => content.stream() };
      await this.#page.transfers.openCluster(file);
    });
  }

  /** Hands it to the reader as a file, which any page of its build opens. */
  async toFile(cluster: SavedCluster): Promise<void> {
    await this.#attempt(async () => {
      const content = await this.#store.content(cluster);
      this.#page.transfers.handOverCluster(cluster.savedAt, content);
    });
  }

  /** A name of nothing changes nothing. */
  async rename(cluster: SavedCluster, newName: string): Promise<void> {
    const name = cleanName(newName);
    if (name === '' || name === cluster.name) return;
    await this.#attempt(() => this.#store.rename(cluster, name));
  }

  async delete({ id }: SavedCluster | DamagedCluster): Promise<void> {
    await this.#attempt(() => this.#store.delete(id));
  }

  async #keep(taken: TakenCheckpoint, signal: AbortSignal): Promise<string> {
    const { content, savedAt, pods, build } = taken;
    const name = words.bench.saved.nameOf(dateAndTime(savedAt));
    await this.#store.save({ name, savedAt, pods, build }, content, signal);
    void this.#list();
    void this.#askHowLong({ ask: true });
    return words.bench.saved.saved(podsInWords(pods), bytesInWords(content.size));
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    this.#failure = '';
    try {
      await action();
    } catch (error) {
      this.#failure = errorInWords(error);
    }
    await this.#list();
  }

  async #list(): Promise<void> {
    try {
      this.#entries = await this.#store.list();
      this.#unlisted = '';
    } catch (error) {
      this.#unlisted = errorInWords(error);
    }
  }

  async #askForBuild(): Promise<void> {
    try {
      this.#build = await this.#page.machine.api.build();
    } catch {
      // Unknown: who opens a cluster of another is told then.
      this.#build = undefined;
    }
  }

  async #askHowLong(how: { ask: boolean }): Promise<void> {
    try {
      this.#lasts = await this.#store.lasts(how);
    } catch {
      // What nobody promises is not told.
      this.#lasts = false;
    }
  }
}
