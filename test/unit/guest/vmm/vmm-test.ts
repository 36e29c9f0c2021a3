import { Deferred } from '#base/deferred.ts';
import type { Hostcall } from '#guest/hostcalls.ts';
import type { GuestProcess } from '#guest/process.ts';
import { FrameWriter } from '#runtimes/kata/frame-writer.ts';
import { vmmFrame, vmmPayloadMax } from '#runtimes/kata/vmm-frames.ts';
import { FrameReader } from '#runtimes/shim-frames.ts';
import type { AgentFixture } from '../agent-test.ts';
import { NinepClient } from './ninep-client.ts';

export const vsockPath = '/run/kata.hvsock';
/** What the VMM serves. */
export const served = '/run/shared';
/** A volume in it, whose files are the machine's to change. */
export const shared = `${served}/volume`;

/** A VMM's process, run natively under the real agent, and what the host would have of it. */
export interface Vmm {
  process: GuestProcess;
  call: Hostcall;
  ninep: NinepClient;
  frames: FrameWriter;
  /** The next frame of that type that is no 9P reply. */
  next(type: string): Promise<Uint8Array>;
  /** Frames that nobody has asked for yet, by type. */
  unread(type: string): number;
  /** Resolves when the VMM has closed its end. */
  over: Promise<void>;
  /** What the host answers the call with. */
  finish(end: number | { signal: 'SIGTERM' | 'SIGKILL' }): void;
}

/** Starts one and takes its call. */
export async function startVmm(
  { agent, sh }: AgentFixture,
  argv: readonly string[] = [],
): Promise<Vmm> {
  await sh(`mkdir -p ${shared}; mountpoint -q ${shared} || mount -t tmpfs volume ${shared}`);
  const called = new Deferred<Hostcall>();
  const end = new Deferred<number | { signal: 'SIGTERM' | 'SIGKILL' }>();
  const service = await agent.serveHostcalls((call) => {
    called.resolve(call);
    return end.promise;
  });
  const paths = ['--shared', served, '--vsock', vsockPath];
  const process = await agent.spawn({
    argv: ['kata-vmm', '--id', 'sid', '--machine', 'qemu', ...paths, ...argv],
  });
  const early = process.exited.then(() => {
    throw new Error('The VMM ended before it had called.');
  });
  const call = await Promise.race([called.promise, early]);
  early.catch(() => undefined);
  service.close();
  const frames = new FrameWriter(call.stdout);
  const ninep = new NinepClient((message) => {
    frames.send(vmmFrame.ninep, message);
  });
  const queues = new Queues();
  const over = (async () => {
    const reader = new FrameReader(call.stdin, vmmPayloadMax);
    for (let frame = await reader.next(); frame; frame = await reader.next()) {
      if (frame.type === vmmFrame.ninep && ninep.take(frame.payload)) continue;
      queues.put(frame.type, frame.payload);
    }
  })();
  over.catch(() => undefined);
  return {
    process,
    call,
    ninep,
    frames,
    over,
    next: (type) => queues.take(type),
    unread: (type) => queues.length(type),
    finish: (value) => {
      end.resolve(value);
    },
  };
}

class Queues {
  readonly #items = new Map<string, Uint8Array[]>();
  readonly #waiting = new Map<string, ((item: Uint8Array) => void)[]>();

  put(type: string, item: Uint8Array): void {
    const waiter = this.#waiting.get(type)?.shift();
    if (waiter) waiter(item);
    else this.#items.set(type, [...(this.#items.get(type) ?? []), item]);
  }

  take(type: string): Promise<Uint8Array> {
    const item = this.#items.get(type)?.shift();
    if (item) return Promise.resolve(item);
    return new Promise((resolve) => {
      this.#waiting.set(type, [...(this.#waiting.get(type) ?? []), resolve]);
    });
  }

  length(type: string): number {
    return this.#items.get(type)?.length ?? 0;
  }
}
