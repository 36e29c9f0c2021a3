import { expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { BrowserDatabase } from './browser-database.ts';

// What a browser does that works is for the tests in one (test/browser); these are browsers that do not.

const stores = [{ name: 'facts', keyPath: 'id' }];

function databaseOf(
  open: (() => Partial<IDBOpenDBRequest>) | undefined,
  clock = new ManualClock(),
) {
  const factory = open && ({ open } as unknown as IDBFactory);
  return new BrowserDatabase({ factory, name: 'test', stores, clock });
}

const keys = (transaction: IDBTransaction) => transaction.objectStore('facts').getAllKeys();

/** A connection whose transactions do nothing until they are aborted. */
function stuckConnection() {
  const transaction = {
    error: null,
    objectStore: () => ({ getAllKeys: () => ({}) }),
    onabort: undefined as (() => void) | undefined,
    abort: vi.fn(() => transaction.onabort?.()),
  };
  return { transaction, connection: { transaction: () => transaction, close: vi.fn() } };
}

/** Answers in the browser's way: after the handlers have been set. */
function answering(event: 'onsuccess' | 'onerror', answer: object) {
  const request: Partial<IDBOpenDBRequest> = { ...answer };
  queueMicrotask(() => {
    request[event]?.call(request as IDBOpenDBRequest, new Event(''));
  });
  return request;
}

test('a browser without databases says that it keeps nothing', async () => {
  await expect(databaseOf(undefined).run('readonly', keys)).rejects.toMatchObject({
    code: 'permission-denied',
    message: expect.stringContaining('lets this page keep nothing') as string,
  });
});

test('a browser that forbids them says so, and is asked anew each time', async () => {
  const open = vi.fn(() => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  });
  const database = databaseOf(open);
  for (const times of [1, 2]) {
    await expect(database.run('readonly', keys)).rejects.toMatchObject({
      code: 'permission-denied',
    });
    expect(open).toHaveBeenCalledTimes(times);
  }
});

test('what a later version of the site has made is left alone', async () => {
  const error = new DOMException('Version 1 is less than 2.', 'VersionError');
  const database = databaseOf(() => answering('onerror', { error }));
  await expect(database.run('readonly', keys)).rejects.toMatchObject({
    code: 'failed-precondition',
    message: expect.stringContaining('Reload the page') as string,
  });
});

test('a browser that does not answer is not waited for for ever, and what comes late is closed', async () => {
  const clock = new ManualClock();
  const { connection } = stuckConnection();
  const request: Partial<IDBOpenDBRequest> = { result: connection as unknown as IDBDatabase };
  const running = databaseOf(() => request, clock).run('readonly', keys);
  const outcome = expect(running).rejects.toMatchObject({ code: 'deadline-exceeded' });
  clock.advance(60_000);
  await outcome;
  request.onsuccess?.call(request as IDBOpenDBRequest, new Event(''));
  expect(connection.close).toHaveBeenCalledOnce();
});

test('a transaction that does not end is given up', async () => {
  const clock = new ManualClock();
  const { connection, transaction } = stuckConnection();
  const database = databaseOf(() => answering('onsuccess', { result: connection }), clock);
  const outcome = expect(database.run('readonly', keys)).rejects.toMatchObject({
    code: 'deadline-exceeded',
  });
  await vi.waitFor(() => {
    expect(transaction.onabort).toBeDefined();
  });
  // The browser tells the end of what was given up, or does not.
  transaction.abort.mockImplementation(() => undefined);
  clock.advance(60_000);
  await outcome;
  expect(transaction.abort).toHaveBeenCalledOnce();
});

test('a reader who cancels gives the transaction up', async () => {
  const { connection, transaction } = stuckConnection();
  const database = databaseOf(() => answering('onsuccess', { result: connection }));
  const cancelling = new AbortController();
  const { signal } = cancelling;
  const outcome = expect(database.run('readwrite', keys, { signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  await vi.waitFor(() => {
    expect(transaction.onabort).toBeDefined();
  });
  cancelling.abort();
  await outcome;
  expect(transaction.abort).toHaveBeenCalledOnce();
});

test('a full browser says how much it has no room for', async () => {
  const { connection, transaction } = stuckConnection();
  const database = databaseOf(() => answering('onsuccess', { result: connection }));
  const full = () => {
    throw new DOMException('Full.', 'QuotaExceededError');
  };
  await expect(database.run('readwrite', full, { bytes: 40_000_000 })).rejects.toMatchObject({
    code: 'resource-exhausted',
    message: expect.stringContaining('no room for 40.0 MB more') as string,
  });
  expect(transaction.abort).toHaveBeenCalledOnce();
});

test('a connection that the browser has closed is made anew', async () => {
  const open = vi.fn(() => answering('onsuccess', { result: stuckConnection().connection }));
  const database = databaseOf(open);
  const ended = () => {
    throw new Error('The disk is broken.');
  };
  const failure = {
    code: 'unavailable',
    message: expect.stringContaining(': The disk is broken.') as string,
  };
  await expect(database.run('readonly', ended)).rejects.toMatchObject(failure);
  await expect(database.run('readonly', ended)).rejects.toMatchObject(failure);
  expect(open).toHaveBeenCalledOnce();
  const connection = open.mock.results[0]?.value as IDBOpenDBRequest;
  connection.result.onclose?.call(connection.result, new Event('close'));
  await expect(database.run('readonly', ended)).rejects.toMatchObject(failure);
  expect(open).toHaveBeenCalledTimes(2);
});
