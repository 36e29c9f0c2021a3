import { type TraceDetail, type TraceLinks, traceDetails } from '#base/trace-records.ts';
import { NinepMessage } from '#abi/ninep.ts';
import { errnoName } from '#abi/errno.ts';
import type { VmmWatcher } from '#runtimes/kata/vmm-host.ts';
import { type AgentObservers, observeAgent } from './observe-agent.ts';
import { RecordRoom, sumInterval } from './record-room.ts';

/** Kata's vsock port of the agent. */
const agentPort = 1024;
/** Of each kind in a second, of all machines. */
const detailsMax = 200;

const messageNames = new Map<number, string>(
  Object.entries(NinepMessage).map(([name, number]) => [number, name]),
);

/** Tells the trace what goes between virtual machines and the node: calls one by one, the rest in sums unless somebody looks. */
export function observeMachines(
  observers: AgentObservers,
  machineLinks: ReadonlyMap<string, TraceLinks>,
): VmmWatcher {
  const linksOf = (sandboxId: string) => machineLinks.get(sandboxId) ?? { sandboxId };
  const { stopwatch } = observers;
  const room = {
    ninep: new RecordRoom(stopwatch, detailsMax),
    frame: new RecordRoom(stopwatch, detailsMax),
  };
  const traffic = new Map<string, MachineTraffic>();
  const trafficOf = (sandboxId: string): MachineTraffic => {
    const known = traffic.get(sandboxId);
    if (known) return known;
    const made = new MachineTraffic(observers, room, linksOf(sandboxId));
    traffic.set(sandboxId, made);
    return made;
  };
  return {
    started: () => undefined,
    vsock: (sandboxId, port) =>
      port === agentPort ? observeAgent(observers, linksOf(sandboxId)) : undefined,
    frame: (sandboxId, from, bytes) => {
      trafficOf(sandboxId).frame(from, bytes);
    },
    ninep: (sandboxId, message) => {
      trafficOf(sandboxId).ninep(message);
    },
    ended: (sandboxId) => {
      traffic.get(sandboxId)?.end();
      traffic.delete(sandboxId);
    },
  };
}

/** For what is told one by one. */
type Rooms = Readonly<Record<TraceDetail, RecordRoom>>;

class MachineTraffic {
  readonly #observers: AgentObservers;
  readonly #room: Rooms;
  readonly #links: TraceLinks;
  /** Of requests that are not answered yet, by tag. */
  readonly #asked = new Map<number, { name: string; bytes: number; begin: number }>();
  #sum = emptySum();
  #cancel: (() => void) | undefined;

  constructor(observers: AgentObservers, room: Rooms, links: TraceLinks) {
    this.#observers = observers;
    this.#room = room;
    this.#links = links;
  }

  frame(from: 'guest' | 'node', bytes: Uint8Array): void {
    const { trace } = this.#observers;
    this.#sum.frames[from === 'guest' ? 'fromGuest' : 'fromNode']++;
    this.#sum.frames.bytes += bytes.length;
    this.#tellSoon();
    if (!this.#tells('frame')) return;
    const protocol = protocolOf(bytes);
    trace.emit({ kind: 'frame', from, protocol, length: bytes.length, ...this.#links });
  }

  ninep(message: Uint8Array): void {
    const { stopwatch } = this.#observers;
    const type = message[4] ?? 0;
    const tag = (message[5] ?? 0) | ((message[6] ?? 0) << 8);
    this.#sum.ninep.bytes += message.length;
    this.#tellSoon();
    // Requests have even numbers, replies the next odd one.
    if (type % 2 === 0) {
      this.#sum.ninep.requests++;
      const name = messageNames.get(type) ?? `T${type}`;
      this.#asked.set(tag, { name, bytes: message.length, begin: stopwatch.now() });
    } else {
      this.#answered(tag, message);
    }
  }

  end(): void {
    this.#cancel?.();
    this.#tell();
  }

  #answered(tag: number, reply: Uint8Array): void {
    const { trace, stopwatch } = this.#observers;
    const asked = this.#asked.get(tag);
    this.#asked.delete(tag);
    if (!asked || !this.#tells('ninep')) return;
    const isError = reply[4] === NinepMessage.Rlerror;
    trace.emit({
      kind: 'ninep',
      name: asked.name,
      requestBytes: asked.bytes,
      replyBytes: reply.length,
      ...(isError && { refused: errnoName(reply[7] ?? 0) }),
      milliseconds: stopwatch.now() - asked.begin,
      ...this.#links,
    });
  }

  /** While somebody looks, and unless there are too many, which are counted. */
  #tells(kind: TraceDetail): boolean {
    if (!this.#observers.trace.details.has(kind)) return false;
    if (this.#room[kind].take()) return true;
    this.#sum.untold[kind]++;
    return false;
  }

  #tellSoon(): void {
    this.#cancel ??= this.#observers.stopwatch.schedule(sumInterval, () => {
      this.#tell();
    });
  }

  #tell(): void {
    this.#cancel = undefined;
    const { trace } = this.#observers;
    const { ninep, frames, untold } = this.#sum;
    if (ninep.bytes + frames.bytes === 0) return;
    trace.emit({ kind: 'vm-traffic', ninep, frames, ...this.#links });
    for (const kind of traceDetails) {
      const count = untold[kind];
      if (count === 0) continue;
      const lost = { what: detailNames[kind], count, detail: kind };
      trace.emit({ kind: 'lost', ...lost, ...this.#links });
    }
    this.#sum = emptySum();
  }
}

const detailNames: Readonly<Record<TraceDetail, string>> = {
  ninep: '9P messages',
  frame: 'frames',
};

function emptySum() {
  return {
    ninep: { requests: 0, bytes: 0 },
    frames: { fromGuest: 0, fromNode: 0, bytes: 0 },
    untold: { ninep: 0, frame: 0 },
  };
}

/** By EtherType and, of IPv4, its protocol and ports. */
function protocolOf(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 14) return 'runt';
  const type = view.getUint16(12);
  if (type === 0x0806) return 'ARP';
  if (type === 0x86dd) return 'IPv6';
  if (type !== 0x0800 || frame.length < 34) return `0x${type.toString(16).padStart(4, '0')}`;
  const protocol = frame[23] ?? 0;
  const name = ipProtocols.get(protocol);
  if (name === undefined) return `IP ${protocol}`;
  const ports = 14 + 4 * ((frame[14] ?? 0) & 15);
  if (name === 'ICMP' || frame.length < ports + 4) return name;
  return `${name} ${view.getUint16(ports)}→${view.getUint16(ports + 2)}`;
}

const ipProtocols = new Map([
  [1, 'ICMP'],
  [6, 'TCP'],
  [17, 'UDP'],
]);
