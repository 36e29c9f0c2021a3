import { signalName } from '#abi/signals.ts';
import type { ByteSource } from '#base/byte-stream.ts';
import type { Channel } from './channel.ts';
import type { Link } from './link.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import { event, kind } from './protocol.ts';

interface Common {
  /** The thread, and the process that it belongs to, as the initial PID namespace numbers them. */
  thread: number;
  process: number;
  /** Nanoseconds of the guest's CLOCK_MONOTONIC. */
  time: bigint;
}

/** What the kernel's proc connector tells (drivers/connector/cn_proc.c). */
export type ProcessEvent =
  | (Common & { type: 'fork'; parentThread: number; parent: number })
  /** The name is that of the moment when the agent looked; empty if the process had gone. */
  | (Common & { type: 'exec'; name: string })
  | (Common & { type: 'exit'; code?: number; signal?: string; coreDumped: boolean })
  | (Common & { type: 'uid' | 'gid'; real: number; effective: number })
  | (Common & { type: 'name'; name: string })
  /** So many events were not recorded before the next one. */
  | { type: 'lost'; count: number };

export interface ProcessEvents {
  /** The next events, as they came together; undefined once closed. Reads one at a time. */
  next(signal?: AbortSignal): Promise<ProcessEvent[] | undefined>;
  close(): void;
}

/** Until closed, the guest's kernel reports on every process. */
export async function subscribeToProcesses(
  link: Link,
  signal?: AbortSignal,
): Promise<ProcessEvents> {
  const attempt = 'Cannot watch the processes of the node';
  const channel = link.open(kind.processEvents, new PayloadWriter(), { attempt, signal });
  const source = channel.incoming(0);
  await channel.reply;
  return eventsOver(channel, source);
}

function eventsOver(channel: Channel, source: ByteSource): ProcessEvents {
  return {
    async next(signal) {
      const records = await source.read(signal);
      return records && readEvents(new PayloadReader(records));
    },
    close() {
      channel.close();
    },
  };
}

/** The agent sends whole records only. */
function readEvents(reader: PayloadReader): ProcessEvent[] {
  const events: ProcessEvent[] = [];
  while (reader.left > 0) {
    const read = readEvent(reader);
    if (read) events.push(read);
  }
  return events;
}

function readEvent(reader: PayloadReader): ProcessEvent | undefined {
  const type = reader.u32();
  const [thread, process, a, b] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  const common = { thread, process, time: reader.u64() };
  const bytes = reader.bytes(16);
  const zero = bytes.indexOf(0);
  const name = new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
  switch (type) {
    case event.fork:
      return { type: 'fork', ...common, parentThread: a, parent: b };
    case event.exec:
      return { type: 'exec', ...common, name };
    case event.exit:
      return { type: 'exit', ...common, ...readStatus(a) };
    case event.uid:
    case event.gid:
      return { type: type === event.uid ? 'uid' : 'gid', ...common, real: a, effective: b };
    case event.comm:
      return { type: 'name', ...common, name };
    case event.lost:
      return { type: 'lost', count: a + b * 2 ** 32 };
    default:
      return undefined;
  }
}

/** As wait(2) encodes it. */
function readStatus(status: number): { code?: number; signal?: string; coreDumped: boolean } {
  const number = status & 0x7f;
  const coreDumped = (status & 0x80) !== 0;
  return number === 0
    ? { code: (status >>> 8) & 0xff, coreDumped }
    : { signal: signalName(number), coreDumped };
}
