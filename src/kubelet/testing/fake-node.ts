import { ByteQueue } from '#base/byte-queue.ts';
import type { ByteDuplex } from '#base/byte-stream.ts';
import { cancelledError } from '#base/errors.ts';
import type { KubeletNode, MountPoint, NodeFacts, NodeUsage } from '#kubelet/ports.ts';
import { FakeFiles, failure } from './fake-files.ts';

export const facts: NodeFacts = {
  address: '192.168.0.2',
  hostname: 'node-1',
  cpus: [{ cpu: 0, core: 0, socket: 0, numaNode: 0 }],
  memoryBytes: 256 << 20,
  storageBytes: 1 << 30,
  machineId: 'machine',
  systemUuid: 'system',
  bootId: 'boot',
  kernelVersion: '6.1.0',
  osImage: 'Debian GNU/Linux 12 (bookworm)',
  architecture: '386',
};

/** A node in memory. */
export class FakeNode implements KubeletNode {
  readonly files = new FakeFiles();
  readonly mounted: (MountPoint & { options?: readonly string[] })[] = [];
  nodeFacts: NodeFacts = facts;
  nodeUsage: Partial<NodeUsage> = {};
  /** Answers connections by what the other end says; those to other addresses are refused. */
  readonly listeners = new Map<string, (request: string) => string>();
  readonly #changes = new Set<() => void>();

  readonly mounts = {
    mount: ({
      type,
      target,
      options,
    }: {
      type: string;
      target: string;
      options: readonly string[];
    }): Promise<void> => {
      this.mounted.push({ type, target, ...(options.length > 0 && { options }) });
      return Promise.resolve();
    },
    unmount: (target: string): Promise<void> => {
      this.mounted.splice(
        this.mounted.findLastIndex((mount) => mount.target === target),
        1,
      );
      return Promise.resolve();
    },
    list: (): Promise<readonly MountPoint[]> => Promise.resolve([...this.mounted]),
  };

  facts(): Promise<NodeFacts> {
    return Promise.resolve(this.nodeFacts);
  }

  usage(): Promise<NodeUsage> {
    return Promise.resolve({
      time: 0,
      cpuNanoSeconds: 0n,
      memoryUsageBytes: 0n,
      memoryWorkingSetBytes: 0n,
      memoryAvailableBytes: 0n,
      memoryRssBytes: 0n,
      storageAvailableBytes: 0n,
      storageUsedBytes: 0n,
      networkReceivedBytes: 0n,
      networkSentBytes: 0n,
      bootTime: 0,
      ...this.nodeUsage,
    });
  }

  dial({ host, port }: { host: string; port: number }): Promise<ByteDuplex> {
    const listener = this.listeners.get(`${host}:${port}`);
    if (!listener) return Promise.reject(failure('ECONNREFUSED', `${host}:${port}`));
    const incoming = new ByteQueue({ capacity: 1 << 20 });
    return Promise.resolve({
      incoming,
      outgoing: {
        write(bytes: Uint8Array) {
          incoming.push(new TextEncoder().encode(listener(new TextDecoder().decode(bytes))));
          incoming.end();
          return Promise.resolve();
        },
        end: () => undefined,
      },
      close: () => undefined,
    });
  }

  waitForChange(_path: string, _lookEvery: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#changes.delete(done);
        resolve();
      };
      this.#changes.add(done);
      signal.addEventListener('abort', () => {
        this.#changes.delete(done);
        reject(cancelledError(signal));
      });
    });
  }

  /** Wakes all who wait for a change. */
  change(): void {
    for (const wake of [...this.#changes]) wake();
  }
}
