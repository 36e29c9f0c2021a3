import { type SignalName, signals } from '#abi/signals.ts';
import { SandglassError } from '#base/errors.ts';
import type { Link } from './link.ts';
import { type PayloadReader, PayloadWriter } from './payload.ts';
import { identity, kind } from './protocol.ts';

/** What machines that were restored from one snapshot would otherwise share. */
export interface GuestIdentity {
  /** Milliseconds since 1970; fractions count. */
  wallTime: number;
  /** For the kernel's random pool, at most 64 bytes. */
  entropy: Uint8Array;
  hostname: string;
  /** 32 hexadecimal digits, machine-id(5). */
  machineId: string;
  /** The address of the network interface, such as 02:00:00:00:00:01. */
  mac?: string;
}

const networkInterface = 'eth0';

export interface GuestFacts {
  kernel: { release: string; version: string; machine: string };
  hostname: string;
  /** Bytes. */
  memory: { total: number; available: number };
  /** Milliseconds since power-on. */
  uptime: number;
  /** Milliseconds since 1970 by the guest's clock. */
  wallTime: number;
}

/** The machine as a whole. */
export class GuestSystem {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Sets what is given and leaves the rest: after a restore, what it shares with its siblings. */
  async setIdentity(identity: Partial<GuestIdentity>, signal?: AbortSignal): Promise<void> {
    const attempt = 'Cannot give the machine its identity';
    await this.#link.request(kind.identity, encodeIdentity(identity), { attempt, signal });
  }

  /** Sets the guest's clock, in ms since 1970. */
  setTime(wallTime: number, signal?: AbortSignal): Promise<void> {
    return this.setIdentity({ wallTime }, signal);
  }

  async facts(signal?: AbortSignal): Promise<GuestFacts> {
    const attempt = 'Cannot ask the machine about itself';
    const reply = await this.#link.request(kind.facts, new PayloadWriter(), { attempt, signal });
    return {
      kernel: { release: reply.string(), version: reply.string(), machine: reply.string() },
      hostname: reply.string(),
      memory: { total: reply.size(), available: reply.size() },
      uptime: readMilliseconds(reply),
      wallTime: readMilliseconds(reply),
    };
  }

  /** Empties the caches, unless they are wanted, and zeroes the free memory, so that a snapshot is small. */
  async prepareSnapshot({
    keepCaches = false,
    signal,
  }: { keepCaches?: boolean; signal?: AbortSignal | undefined } = {}): Promise<void> {
    const attempt = 'Cannot prepare the machine for a snapshot';
    const payload = new PayloadWriter().u32(keepCaches ? 1 : 0);
    await this.#link.request(kind.prepareSnapshot, payload, { attempt, signal });
  }

  /**
   * The pid of a process that would miss time that stood still, if there is one: anything but the
   * node's own, stopped ones, and shells at the prompt of their terminal.
   */
  async findWork(signal?: AbortSignal): Promise<number | undefined> {
    const attempt = 'Cannot ask what runs on the machine';
    const reply = await this.#link.request(kind.findWork, new PayloadWriter(), { attempt, signal });
    return reply.u32() || undefined;
  }

  /** Sends a signal to any process of the node, or to the group that it leads. */
  async signal(
    pid: number,
    name: SignalName,
    { group = false, signal }: { group?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    const payload = new PayloadWriter()
      .u32(pid)
      .u32(signals[name])
      .u32(group ? 1 : 0);
    const attempt = `Cannot send ${name} to process ${pid}`;
    await this.#link.request(kind.signal, payload, { attempt, signal });
  }
}

function encodeIdentity(wanted: Partial<GuestIdentity>): PayloadWriter {
  const { wallTime, entropy, hostname, machineId, mac } = wanted;
  const what =
    (wallTime === undefined ? 0 : identity.time) |
    (entropy === undefined ? 0 : identity.entropy) |
    (hostname === undefined ? 0 : identity.hostname) |
    (machineId === undefined ? 0 : identity.machineId) |
    (mac === undefined ? 0 : identity.hardwareAddress);
  const time = wallTime ?? 0;
  const seconds = Math.floor(time / 1000);
  return new PayloadWriter()
    .u32(what)
    .u64(seconds)
    .u32(Math.floor((time - seconds * 1000) * 1e6))
    .u32(entropy?.length ?? 0)
    .bytes(entropy ?? new Uint8Array(0))
    .string(hostname ?? '')
    .string(checkMachineId(machineId ?? ''))
    .string(networkInterface)
    .bytes(parseHardwareAddress(mac ?? '00:00:00:00:00:00'));
}

function readMilliseconds(reader: PayloadReader): number {
  return reader.size() * 1000 + reader.u32() / 1e6;
}

function checkMachineId(id: string): string {
  if (id === '' || /^[0-9a-f]{32}$/.test(id)) return id;
  throw new SandglassError('invalid-argument', `${id} is no machine id: 32 hexadecimal digits.`);
}

function parseHardwareAddress(text: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) {
    throw new SandglassError('invalid-argument', `${text} is no ethernet address.`);
  }
  return Uint8Array.from(text.split(':'), (digits) => parseInt(digits, 16));
}
