import { transfer } from 'comlink';
import { BytePort } from '#base/byte-port.ts';
import type { ByteDuplex } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { VmmApi, VmmSource } from '#rpc/vmm-contract.ts';
import type { WorkerConnection } from '#rpc/worker-connection.ts';
import type {
  DeviceBackend,
  EmulatorFacts,
  VirtualMachine,
  VirtualMachineRequest,
  VirtualMachines,
} from '#runtimes/ports.ts';
import { FramePort } from './frame-port.ts';
import { splitNinep } from './ninep-port.ts';

/** How many data ports v86's console device has for the host to use. */
const channelCount = 3;

export interface WorkerMachinesOptions {
  /** Starts a worker that serves one machine. */
  connect: () => WorkerConnection<VmmApi>;
  emulator: () => Promise<WebAssembly.Module>;
  /** What a machine starts from. */
  source: (request: VirtualMachineRequest, signal?: AbortSignal) => Promise<VmmSource>;
  /** Bytes of memory that all machines together may have. */
  budget: number;
}

/** Virtual machines, each in a worker of its own. */
export class WorkerMachines implements VirtualMachines {
  readonly #options: WorkerMachinesOptions;
  /** Of machines that are there or being made. */
  #bytes = 0;

  constructor(options: WorkerMachinesOptions) {
    this.#options = options;
  }

  async start(
    request: VirtualMachineRequest,
    backend: DeviceBackend,
    signal?: AbortSignal,
  ): Promise<VirtualMachine> {
    const { connect, emulator, source, budget } = this.#options;
    this.#refuseBeyond(budget, request.memoryBytes);
    this.#bytes += request.memoryBytes;
    const giveBack = () => {
      this.#bytes -= request.memoryBytes;
    };
    let machine: WorkerMachine | undefined;
    try {
      const [wasm, from] = await Promise.all([emulator(), source(request, signal)]);
      machine = new WorkerMachine(connect(), backend);
      const { board, memoryBytes, mac } = request;
      const begin = machine.start({ emulator: wasm, board, memoryBytes, mac, source: from });
      await untilAborted(begin, signal);
      void machine.disposed.then(giveBack);
      return machine;
    } catch (error) {
      giveBack();
      machine?.dispose();
      throw error;
    }
  }

  #refuseBeyond(budget: number, wanted: number): void {
    if (this.#bytes + wanted <= budget) return;
    const megabytes = (bytes: number) => `${Math.round(bytes / (1 << 20))} MiB`;
    throw new SandglassError(
      'resource-exhausted',
      `This browser tab has no memory for another virtual machine: ${megabytes(this.#bytes)} of ` +
        `${megabytes(budget)} are taken, and it needs ${megabytes(wanted)}. Delete a pod that has one.`,
    );
  }
}

class WorkerMachine implements VirtualMachine {
  readonly ended: Promise<SandglassError>;
  /** Resolves when its worker has been ended. */
  readonly disposed: Promise<void>;
  readonly #worker: WorkerConnection<VmmApi>;
  readonly #ninep = new MessageChannel();
  readonly #nic: FramePort;
  readonly #farNic: MessagePort;
  readonly #channels = Array.from({ length: channelCount }, () => BytePort.pair());
  readonly #end = new Deferred<SandglassError>();
  readonly #disposed = new Deferred<void>();

  constructor(worker: WorkerConnection<VmmApi>, backend: DeviceBackend) {
    this.#worker = worker;
    this.ended = this.#end.promise;
    this.disposed = this.#disposed.promise;
    this.#ninep.port1.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      for (const request of splitNinep(data)) backend.ninep(request);
    };
    const { port1, port2 } = new MessageChannel();
    this.#nic = new FramePort(port1, (frame) => {
      backend.frame(frame);
    });
    this.#farNic = port2;
    void worker.death.then((error) => {
      this.#end.resolve(error);
      this.#closePorts(error);
    });
  }

  async start(machine: Parameters<VmmApi['start']>[0]): Promise<void> {
    const channels = this.#channels.map(({ far }) => far);
    const devices = { ninep: this.#ninep.port2, nic: this.#farNic, channels };
    await this.#worker.greeted;
    const moved = transfer(devices, [devices.ninep, devices.nic, ...channels]);
    await this.#worker.api.start(machine, moved, ({ code, message }) => {
      this.#end.resolve(new SandglassError(code, message));
    });
  }

  reply(message: Uint8Array): void {
    // A copy: what is given may be part of a larger buffer, all of which would go.
    const copy = new Uint8Array(message);
    this.#ninep.port1.postMessage(copy, [copy.buffer]);
  }

  send(frame: Uint8Array): void {
    this.#nic.send(frame);
  }

  async open(port: number, signal?: AbortSignal): Promise<ByteDuplex> {
    const channel = this.#channels[port - 1]?.near;
    if (!channel) throw new SandglassError('not-found', `There is no data port ${port}.`);
    await untilAborted(this.#worker.api.whenOpen(port), signal);
    const { incoming, outgoing } = channel;
    // The port is the machine's, and stays for whoever opens it next.
    return { incoming, outgoing, close: () => undefined };
  }

  facts(): Promise<EmulatorFacts> {
    return this.#worker.api.facts();
  }

  dispose(): void {
    const left = new SandglassError('unavailable', 'The virtual machine was ended.');
    this.#worker.dispose();
    this.#closePorts(left);
    this.#end.resolve(left);
    this.#disposed.resolve();
  }

  #closePorts(error: SandglassError): void {
    this.#ninep.port1.close();
    this.#nic.close();
    for (const { near } of this.#channels) near.fail(error);
  }
}
