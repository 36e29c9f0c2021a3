import { expose } from 'comlink';
import { afterEach, describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { type NodeConnection, type WorkerLink, connect } from './connect.ts';
import type { NodeApi, NodeStatus } from './contracts.ts';
import { installErrorTransfer } from './errors.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** A connection to `api` over a channel of this thread, and how to let its worker die. */
function connected(api: Partial<NodeApi>): {
  connection: NodeConnection;
  die: (error: SandglassError) => void;
} {
  installErrorTransfer();
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  expose({ watchStatus: () => Promise.resolve(), ...api }, port2);
  port1.start();
  let die: (error: SandglassError) => void = () => undefined;
  const link: WorkerLink = {
    endpoint: port1,
    onDeath: (report) => (die = report),
    terminate: () => undefined,
  };
  const connection = connect(link);
  return { connection, die: (error) => die(error) };
}

describe('a connection to a worker', () => {
  it("keeps an error's code, errno and message on its way", async () => {
    const { connection } = connected({
      facts: () =>
        Promise.reject(new SandglassError('not-found', 'There is none.', { errno: 'ENOENT' })),
    });
    const error: unknown = await connection.api.facts().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SandglassError);
    expect(error).toMatchObject({ code: 'not-found', errno: 'ENOENT', message: 'There is none.' });
  });

  it('tells of each status', async () => {
    let tell: (status: NodeStatus) => unknown = () => undefined;
    const { connection } = connected({
      watchStatus: (listener) => {
        tell = listener;
        return Promise.resolve();
      },
      pause: () => {
        tell({ kind: 'paused', by: 'reader' });
        return Promise.resolve();
      },
    });
    const next = new Promise<NodeStatus>((resolve) => connection.status.listen(resolve));
    await connection.api.pause();
    expect(await next).toEqual({ kind: 'paused', by: 'reader' });
  });

  it('moves a port to the worker', async () => {
    const { connection } = connected({
      openConsole: (port) => {
        port.postMessage('from the worker');
        open.push(port);
        return Promise.resolve();
      },
    });
    const { port1, port2 } = new MessageChannel();
    open.push(port1);
    const message = new Promise((resolve) => {
      port1.onmessage = (event: MessageEvent) => resolve(event.data);
    });
    await connection.api.openConsole(port2);
    expect(await message).toBe('from the worker');
  });

  it('ends every call, under way or to come, when the worker dies, and says so as a status', async () => {
    const { connection, die } = connected({ facts: () => new Promise(() => undefined) });
    const failed = new Promise<NodeStatus>((resolve) => connection.status.listen(resolve));
    const underWay = connection.api.facts();
    die(new SandglassError('unavailable', 'The worker is gone.'));
    await expect(underWay).rejects.toMatchObject({ code: 'unavailable' });
    await expect(connection.api.pause()).rejects.toThrow('The worker is gone.');
    expect(await failed).toMatchObject({
      kind: 'failed',
      failure: { code: 'unavailable', message: 'The worker is gone.' },
    });
  });
});
