import { readAllText } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { GuestProcess } from '#guest/process.ts';
import type { DiskUsage, LayerWriter, NodeDisk } from '#oci/ports.ts';
import { directoryUsage } from './node-helper.ts';

/** images/guest/unpack.c */
const unpacker = '/usr/lib/sandglass/unpack';

/** The node's disk through its agent. */
export class AgentDisk implements NodeDisk {
  readonly #agent: AgentClient;

  constructor(agent: AgentClient) {
    this.#agent = agent;
  }

  makeDirectory(path: string): Promise<void> {
    return this.#agent.files.makeDirectory(path, { parents: true });
  }

  async list(path: string): Promise<string[]> {
    return (await this.#agent.files.list(path)).map(({ name }) => name);
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#agent.files.read(path);
  }

  writeFile(path: string, bytes: Uint8Array): Promise<void> {
    return this.#agent.files.write(path, bytes, { atomic: true });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#agent.files.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#agent.files.remove(path, { recursive: true, missing: 'ignore' });
  }

  async unpack(directory: string, signal?: AbortSignal): Promise<LayerWriter> {
    const process = await this.#agent.spawn({ argv: [unpacker, directory], stdin: true }, signal);
    return layerWriter(process);
  }

  async usage(directory: string): Promise<DiskUsage> {
    const [usage] = await directoryUsage(this.#agent, [directory]);
    return { bytes: usage?.bytes ?? 0n, inodes: usage?.inodes ?? 0n };
  }
}

function layerWriter(process: GuestProcess): LayerWriter {
  const complaint = process.stderr ? readAllText(process.stderr) : Promise.resolve('');
  const done = Promise.all([process.exited, complaint]).then(([exit, text]) => {
    if (exit.code === 0) return;
    throw new SandglassError('unknown', text.trim() || `unpacking ended by ${exit.signal ?? ''}`);
  });
  done.catch(() => undefined);
  return {
    sink: {
      // It may have ended before it has read all: what it said then is the reason.
      write: (bytes, signal) =>
        process.stdin?.write(bytes, signal).catch(async (error: unknown) => {
          if (!signal?.aborted) await done;
          throw error;
        }) ?? Promise.resolve(),
      end: () => process.stdin?.end(),
    },
    async finish() {
      process.stdin?.end();
      await done.finally(() => {
        process.close();
      });
    },
    async cancel() {
      process.signal('SIGKILL');
      await process.exited.catch(() => undefined);
      process.close();
    },
  };
}
