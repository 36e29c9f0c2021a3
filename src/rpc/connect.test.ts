import { expose } from 'comlink';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { SandglassError } from '#base/errors.ts';
import { type NodeConnection, connect } from './connect.ts';
import type { NodeApi, NodeStatus } from './contracts.ts';
import { installErrorTransfer } from './errors.ts';
import type { WorkerLink } from './worker-connection.ts';

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

/** Sends three bytes, then neither reads nor writes nor ends. */
const threeBytes: Partial<NodeApi> = {
  openConsole: async (port) => {
    open.push(port);
    await new BytePort(port).outgoing.write(Uint8Array.of(1, 2, 3));
  },
};

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

  it('waits for the end of a worker once it has answered its first call, and no other', async () => {
    installErrorTransfer();
    const { port1, port2 } = new MessageChannel();
    open.push(port1, port2);
    let alive: () => void = () => undefined;
    const watchStatus = () => new Promise<void>((resolve) => (alive = resolve));
    expose({ watchStatus, pause: () => Promise.resolve() }, port2);
    port1.start();
    const onGreeted = vi.fn();
    const link = { endpoint: port1, onDeath: () => undefined, terminate: () => undefined };
    const { api, greeted } = connect({ ...link, onGreeted });
    await api.pause();
    expect(onGreeted).not.toHaveBeenCalled();
    alive();
    await greeted;
    expect(onGreeted).toHaveBeenCalledTimes(1);
  });

  it('moves a stream to the worker', async () => {
    const { connection } = connected(threeBytes);
    const { near, far } = BytePort.pair();
    await connection.api.openConsole(far);
    expect(await near.incoming.read()).toEqual(Uint8Array.of(1, 2, 3));
    near.fail(new SandglassError('cancelled', 'Enough.'));
  });

  it('takes no port that it could not end', async () => {
    const { connection } = connected(threeBytes);
    const { port1, port2 } = new MessageChannel();
    open.push(port1, port2);
    await expect(connection.api.openConsole(port2)).rejects.toMatchObject({ code: 'internal' });
  });

  it.each<[string, (made: ReturnType<typeof connected>) => void, string]>([
    ['dies', ({ die }) => die(new SandglassError('internal', 'It stopped.')), 'It stopped.'],
    ['is left', ({ connection }) => connection.dispose(), 'The machine has been left.'],
  ])('ends every stream when the worker %s', async (_how, end, message) => {
    const made = connected(threeBytes);
    const terminal = BytePort.pair();
    const download = BytePort.pair();
    await made.connection.api.openConsole(terminal.far);
    await made.connection.api.openConsole(download.far);
    await download.near.incoming.read();
    const typing = terminal.near.outgoing.write(new Uint8Array(8 << 20));
    const reading = download.near.incoming.read();
    end(made);
    const gone = { code: 'unavailable', message };
    await expect(typing).rejects.toMatchObject(gone);
    await expect(reading).rejects.toMatchObject(gone);
    const late = BytePort.pair();
    await expect(made.connection.api.openConsole(late.far)).rejects.toThrow(message);
    await expect(late.near.incoming.read()).rejects.toMatchObject(gone);
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
