import type { Worker } from 'node:worker_threads';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { podMachines } from '#cluster/virtual-machines/pod-machines.ts';
import { connectVmmThread } from '#host/connect-thread.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { emulatorOnDisk } from '#host/emulator-wasm.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import type {
  DeviceBackend,
  VirtualMachine,
  VirtualMachineRequest,
  VirtualMachines,
} from '#runtimes/ports.ts';

/** Virtual machines as a headless node has them, to be broken by a test. */
export class FaultyMachines implements VirtualMachines {
  readonly #threads: Worker[] = [];
  readonly #machines: VirtualMachines;
  #repliesToLose = 0;

  /** `budget` is what all of them may have, in bytes. */
  constructor(budget?: number) {
    this.#machines = podMachines({
      assets: new GuestAssets(new DirectoryAssets(guestDirectory())),
      emulator: emulatorOnDisk,
      connect: () => connectVmmThread((thread) => this.#threads.push(thread)),
      ...(budget !== undefined && { budget }),
    });
  }

  async start(
    request: VirtualMachineRequest,
    backend: DeviceBackend,
    signal?: AbortSignal,
  ): Promise<VirtualMachine> {
    const machine = await this.#machines.start(request, backend, signal);
    return {
      ended: machine.ended,
      reply: (message) => {
        if (this.#repliesToLose === 0) machine.reply(message);
        else this.#repliesToLose--;
      },
      send: (frame) => {
        machine.send(frame);
      },
      facts: () => machine.facts(),
      open: (port, opening) => machine.open(port, opening),
      dispose: () => {
        machine.dispose();
      },
    };
  }

  /** Ends the thread of the machine that was started last, as a browser does with a worker that takes too much. */
  async terminateLast(): Promise<void> {
    await this.#threads.at(-1)?.terminate();
  }

  /** Whether all replies that were to be lost have been. */
  get lost(): boolean {
    return this.#repliesToLose === 0;
  }

  /** Of 9P requests that come from now on, so many get no reply. */
  loseReplies(count: number): void {
    this.#repliesToLose = count;
  }
}
