import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { VirtualMachine, VirtualMachines } from '#runtimes/ports.ts';
import { FrameReader } from '#runtimes/shim-frames.ts';
import { FrameWriter } from './frame-writer.ts';
import { type MachineName, machines } from './machines.ts';
import { vmmFrame, vmmPayloadMax } from './vmm-frames.ts';
import { Vsock, type VsockTap } from './vsock.ts';

/** A VMM's process on the node, as it has called for its machine (images/guest/kata-vmm). */
export interface VmmCall {
  readonly argv: readonly string[];
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** Fires when the process is gone or is to end. */
  readonly signal: AbortSignal;
}

/** What watches machines and their traffic, by the ids of their sandboxes. */
export interface VmmWatcher {
  started(about: VmmArguments, machine: VirtualMachine): void;
  /** For a connection to Kata's vsock port. */
  vsock(sandboxId: string, port: number): VsockTap | undefined;
  frame(sandboxId: string, from: 'guest' | 'node', bytes: Uint8Array): void;
  ninep(sandboxId: string, message: Uint8Array): void;
  /** The last that is told of it, and the only thing of one that could not start. */
  ended(sandboxId: string): void;
}

/** Bytes of frames that may wait for the node: a wire loses what it has no room for. */
const frameQueueMax = 256 << 10;

/** What a VMM was started with: it is Firecracker's and QEMU's kind of command line, and says all of a machine. */
export interface VmmArguments {
  id: string;
  machine: MachineName;
  memoryBytes: number;
  mac: string;
}

export function parseVmmArguments(argv: readonly string[]): VmmArguments {
  const options = new Map<string, string>();
  for (let i = 1; i + 1 < argv.length; i += 2) options.set(argv[i] ?? '', argv[i + 1] ?? '');
  const need = (name: string): string => {
    const value = options.get(name);
    if (value === undefined) throw new SandglassError('invalid-argument', `${name} is missing.`);
    return value;
  };
  const machine = need('--machine');
  if (!Object.hasOwn(machines, machine)) {
    const known = Object.keys(machines).join(', ');
    throw new SandglassError(
      'invalid-argument',
      `There is no machine "${machine}"; there are ${known}.`,
    );
  }
  const memory = Number(need('--memory'));
  if (!Number.isInteger(memory) || memory <= 0 || memory > 1024) {
    throw new SandglassError('invalid-argument', '--memory takes 1 to 1024 MiB.');
  }
  return {
    id: need('--id'),
    machine: machine as MachineName,
    memoryBytes: memory << 20,
    mac: need('--mac'),
  };
}

/**
 * Runs the machine of a VMM's process, until either ends. Rejects with why the machine ended by itself: the process
 * says so and fails.
 */
export async function serveVmm(
  call: VmmCall,
  virtualMachines: VirtualMachines,
  watcher: VmmWatcher,
): Promise<number> {
  const about = parseVmmArguments(call.argv);
  const { id, machine: name, memoryBytes, mac } = about;
  const frames = new FrameWriter(call.stdout);
  const { board, fromTemplate } = machines[name];
  const over = new AbortController();
  const until = AbortSignal.any([call.signal, over.signal]);
  let machine: VirtualMachine | undefined;
  try {
    machine = await virtualMachines.start(
      { board, fromTemplate, memoryBytes, mac },
      {
        ninep: (request) => {
          if (until.aborted) return;
          watcher.ninep(id, request);
          frames.send(vmmFrame.ninep, request);
        },
        frame: (bytes) => {
          if (until.aborted || frames.queued > frameQueueMax) return;
          watcher.frame(id, 'guest', bytes);
          frames.send(vmmFrame.ethernet, bytes);
        },
      },
      call.signal,
    );
    watcher.started(about, machine);
    const vsock = new Vsock(machine, frames, over.signal, (port) => watcher.vsock(id, port));
    const ended = machine.ended.then((error) => {
      throw error;
    });
    const { stdin } = call;
    await Promise.race([relay({ id, stdin, signal: until, machine, vsock, watcher }), ended]);
    return 0;
  } finally {
    over.abort();
    machine?.dispose();
    // Also of one that did not start: it may have begun to say something.
    watcher.ended(id);
  }
}

interface RelayParts extends Pick<VmmCall, 'stdin' | 'signal'> {
  id: string;
  machine: VirtualMachine;
  vsock: Vsock;
  watcher: VmmWatcher;
}

/** Hands on what the process sends, until it is gone. */
async function relay({ id, stdin, signal, machine, vsock, watcher }: RelayParts): Promise<void> {
  const reader = new FrameReader(stdin, vmmPayloadMax);
  for (let next = await reader.next(signal); next; next = await reader.next(signal)) {
    const { type, payload } = next;
    switch (type) {
      case vmmFrame.ethernet:
        watcher.frame(id, 'node', payload);
        machine.send(payload);
        break;
      case vmmFrame.ninep:
        watcher.ninep(id, payload);
        machine.reply(payload);
        break;
      case vmmFrame.open:
        vsock.open(payload);
        break;
      case vmmFrame.data:
        vsock.data(payload);
        break;
      case vmmFrame.credit:
        vsock.credit(payload);
        break;
      case vmmFrame.close:
        vsock.close(payload);
        break;
      default:
        throw new SandglassError('internal', `The VMM sent a frame of type "${type}".`);
    }
  }
}
