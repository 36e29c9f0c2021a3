import { describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { randomBytes, recut, settle } from '#kube/streaming/testing.ts';
import { type ChannelOptions, WebSocketChannels } from './channels.ts';
import { WebSocketConnection } from './connection.ts';

const text = (value: string) => new TextEncoder().encode(value);
const binary = (...values: number[]) => Uint8Array.from(values);

/** A client by hand, and the channels of the server that it talks to. */
function connect(options: Partial<ChannelOptions> = {}, cut = 1000) {
  const [far, near] = duplexPair();
  const client = new WebSocketConnection(far, 'client');
  const socket = new WebSocketConnection(
    recut(near, () => cut),
    'server',
  );
  const channels = new WebSocketChannels(socket, {
    encoding: 'binary',
    halfClose: true,
    readable: [0, 4],
    ...options,
  });
  return { client, channels, run: channels.run() };
}

async function messages(client: WebSocketConnection, count: number): Promise<string[]> {
  const received: string[] = [];
  while (received.length < count) {
    const part = await client.receive();
    if (!part) break;
    received.push(new TextDecoder('latin1').decode(part.bytes));
  }
  return received;
}

// Cut in the middle of everything, and not cut.
describe.each([1, 1000])('channels that come in chunks of %i bytes', (cut) => {
  it('come apart by their first byte', async () => {
    const { client, channels, run } = connect({}, cut);
    await client.send('binary', [binary(0), text('to stdin')]);
    await client.send('binary', [binary(4), text('{"Width":80}')]);
    await client.send('binary', [binary(0), text(', more')]);
    client.close();
    await run;
    expect(await readAllText(channels.incoming(0))).toBe('to stdin, more');
    expect(await readAllText(channels.incoming(4))).toBe('{"Width":80}');
  });

  it('can be ended one by one in v5', async () => {
    const { client, channels } = connect({}, cut);
    await client.send('binary', [binary(0), text('all')]);
    await client.send('binary', [binary(255, 0)]);
    expect(await readAllText(channels.incoming(0))).toBe('all');
    // After its end nothing more comes of it; the others live on.
    await client.send('binary', [binary(0), text('late')]);
    await client.send('binary', [binary(4), text('size')]);
    expect(await channels.incoming(4).read()).toBeDefined();
    expect(await channels.incoming(0).read()).toBeUndefined();
  });

  it('have no end of one before v5', async () => {
    const { client, channels, run } = connect({ halfClose: false }, cut);
    await client.send('binary', [binary(255, 0)]);
    await client.send('binary', [binary(0), text('still here')]);
    client.close();
    await run;
    expect(await readAllText(channels.incoming(0))).toBe('still here');
  });

  it('are a digit and base64 where that is asked for', async () => {
    const { client, channels, run } = connect({ encoding: 'base64', halfClose: false }, cut);
    await client.send('text', [text('0Zm9v')]);
    await client.send('text', [text('0YmE=')]);
    client.close();
    await run;
    expect(await readAllText(channels.incoming(0))).toBe('fooba');
  });
});

describe('channels', () => {
  it('are sent with their byte, or as a digit and base64', async () => {
    const plain = connect();
    await plain.channels.announce(1);
    await plain.channels.outgoing(1).write(text('out'));
    expect(await messages(plain.client, 2)).toEqual(['\x01', '\x01out']);

    const base64 = connect({ encoding: 'base64' });
    await base64.channels.announce(1);
    await base64.channels.outgoing(2).write(text('err'));
    expect(await messages(base64.client, 2)).toEqual(['1', '2ZXJy']);
  });

  it('drop what comes on a channel that is not read, and empty messages', async () => {
    const { client, channels, run } = connect();
    await client.send('binary', []);
    await client.send('binary', [binary(1), text('nobody reads it')]);
    await client.send('binary', [binary(200)]);
    await client.send('binary', [binary(255, 200)]);
    await client.send('binary', [binary(0), text('x')]);
    client.close();
    expect((await run).code).toBe(1000);
    expect(await readAllText(channels.incoming(0))).toBe('x');
  });

  it('end together with a goodbye, and fail together without', async () => {
    const left = connect();
    left.client.close(1001);
    expect((await left.run).code).toBe(1001);
    expect(await left.channels.incoming(0).read()).toBeUndefined();

    const broken = connect();
    broken.client.abort();
    expect((await broken.run).code).toBe(1006);
    await expect(broken.channels.incoming(0).read()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuse what is not base64, and say so', async () => {
    const { client, channels, run } = connect({ encoding: 'base64' });
    await client.send('text', [text('0*')]);
    await run;
    expect(await client.receive()).toBeUndefined();
    expect((await client.closed).code).toBe(1003);
    await expect(channels.incoming(0).read()).rejects.toThrow('not base64');
  });

  it('make the client wait for a slow reader, and let go when there is none', async () => {
    const { client, channels, run } = connect();
    let sent = 0;
    const send = async () => {
      for (; sent < 40; sent++) await client.send('binary', [binary(0), new Uint8Array(50_000)]);
      client.close();
    };
    const sending = send();
    await settle();
    expect(sent).toBeLessThan(20);
    channels.discardIncoming();
    await sending;
    expect((await run).code).toBe(1000);
  });

  it('carry 10 MiB in base64', async () => {
    const [far, near] = duplexPair();
    const options = { encoding: 'base64', halfClose: false } as const;
    const there = new WebSocketChannels(new WebSocketConnection(near, 'server'), {
      ...options,
      readable: [],
    });
    const socket = new WebSocketConnection(far, 'client');
    const here = new WebSocketChannels(socket, { ...options, readable: [1] });
    void here.run();
    const bytes = randomBytes(10 << 20, 1);
    const send = async () => {
      await there.outgoing(1).write(bytes);
      near.outgoing.end();
    };
    const sending = send();
    const received: Uint8Array[] = [];
    let length = 0;
    while (length < bytes.length) {
      const chunk = await here.incoming(1).read();
      length += chunk?.length ?? Infinity;
      if (chunk) received.push(chunk);
    }
    await sending;
    expect(Buffer.compare(Buffer.concat(received), bytes)).toBe(0);
  });
});
