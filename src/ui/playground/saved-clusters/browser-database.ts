import type { Clock } from '#base/clock.ts';
import { SandglassError, cancelledError, throwIfCancelled } from '#base/errors.ts';
import { bytesInWords } from '#ui/state/words.ts';
import { words } from '#ui/words/words.ts';

export interface BrowserDatabaseOptions {
  /** Absent where the browser forbids its use. */
  factory: IDBFactory | undefined;
  name: string;
  /** Its object stores, of which one with a key path has its keys in its values. */
  stores: readonly { name: string; keyPath?: string }[];
  clock: Clock;
}

export interface RunOptions {
  /** What is to be written. */
  bytes?: number;
  signal?: AbortSignal;
}

/** Milliseconds for the browser to open, read or write: a hundred megabytes take a slow disk some seconds. */
const patience = 60_000;

/**
 * A database of this browser's IndexedDB (https://www.w3.org/TR/IndexedDB/). What is wrong with the browser's storage
 * its calls tell: `permission-denied` where there is none for this page, `resource-exhausted` where it is full,
 * `deadline-exceeded` where it does not answer, `unavailable` where it fails otherwise.
 */
export class BrowserDatabase {
  readonly #options: BrowserDatabaseOptions;
  #connection: Promise<IDBDatabase> | undefined;

  /** Nothing is opened before it is asked for. */
  constructor(options: BrowserDatabaseOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the requests that `ask` makes when all of it is done; otherwise nothing of it is. A signal that fires
   * while the browser finishes comes too late: the caller sees to that.
   */
  async run<T>(
    mode: IDBTransactionMode,
    ask: (transaction: IDBTransaction) => T,
    options: RunOptions = {},
  ): Promise<T> {
    const connection = await this.#connect();
    throwIfCancelled(options.signal);
    const { stores, clock } = this.#options;
    const names = stores.map(({ name }) => name);
    try {
      // Strict: what the reader is told to be saved is on the disk.
      const transaction = connection.transaction(names, mode, { durability: 'strict' });
      return await complete(transaction, ask, clock, options);
    } catch (error) {
      throw storageError(error, options.bytes);
    }
  }

  #connect(): Promise<IDBDatabase> {
    const forget = () => {
      this.#connection = undefined;
    };
    this.#connection ??= open(this.#options, forget);
    // Another try may find the page allowed to keep something.
    this.#connection.catch(forget);
    return this.#connection;
  }
}

async function complete<T>(
  transaction: IDBTransaction,
  ask: (transaction: IDBTransaction) => T,
  clock: Clock,
  { signal }: RunOptions,
): Promise<T> {
  const cancel = () => {
    giveUp(transaction);
  };
  signal?.addEventListener('abort', cancel);
  let stopClock: () => void = () => undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      stopClock = clock.schedule(patience, () => {
        giveUp(transaction);
        reject(new SandglassError('deadline-exceeded', words.bench.saved.errors.silent));
      });
      transaction.onabort = () => {
        reject(signal?.aborted ? cancelledError(signal) : asError(transaction.error));
      };
      let asked: T;
      try {
        asked = ask(transaction);
      } catch (error) {
        reject(asError(error));
        giveUp(transaction);
        return;
      }
      transaction.oncomplete = () => {
        resolve(asked);
      };
    });
  } finally {
    stopClock();
    signal?.removeEventListener('abort', cancel);
  }
}

/** One that is being finished cannot be given up. */
function giveUp(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It tells its end by itself.
  }
}

/** @param onClosed the connection is of no use any more */
function open(options: BrowserDatabaseOptions, onClosed: () => void): Promise<IDBDatabase> {
  const { factory, name, stores, clock } = options;
  const { errors } = words.bench.saved;
  return new Promise((resolve, reject) => {
    const refuse = (cause?: unknown) => {
      stopClock();
      const isLater = cause instanceof DOMException && cause.name === 'VersionError';
      reject(
        isLater
          ? new SandglassError('failed-precondition', errors.later, { cause })
          : new SandglassError('permission-denied', errors.denied, { cause }),
      );
    };
    let isLate = false;
    const stopClock = clock.schedule(patience, () => {
      isLate = true;
      reject(new SandglassError('deadline-exceeded', errors.silent));
    });
    try {
      if (!factory) throw new SandglassError('unimplemented', 'There is no IndexedDB.');
      const opening = factory.open(name, 1);
      opening.onupgradeneeded = () => {
        for (const { name, keyPath } of stores) {
          opening.result.createObjectStore(name, keyPath === undefined ? {} : { keyPath });
        }
      };
      opening.onsuccess = () => {
        const { result } = opening;
        stopClock();
        // Another tab with a later version of this page may have it.
        result.onversionchange = () => {
          result.close();
          onClosed();
        };
        // By the browser, such as when the reader clears the site's data.
        result.onclose = onClosed;
        if (isLate) result.close();
        resolve(result);
      };
      opening.onerror = () => {
        refuse(opening.error);
      };
    } catch (error) {
      refuse(error);
    }
  });
}

function storageError(cause: unknown, bytes = 0): SandglassError {
  if (cause instanceof SandglassError) return cause;
  const { errors } = words.bench.saved;
  const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError';
  if (isFull) {
    return new SandglassError('resource-exhausted', errors.noRoom(bytesInWords(bytes)), { cause });
  }
  const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : '';
  return new SandglassError('unavailable', errors.failed(why), { cause });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new SandglassError('unknown', '');
}
