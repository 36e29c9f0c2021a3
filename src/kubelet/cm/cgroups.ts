import { asSandglassError } from '#base/errors.ts';
import type { NodeFiles } from '#kubelet/ports.ts';

export const cgroupRoot = '/sys/fs/cgroup';

/** What the kubelet hands down to pods and containers, where the kernel has it. */
const wantedControllers = ['cpuset', 'cpu', 'io', 'memory', 'pids'];

/** Directories of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst). Names begin with a slash, as /kubepods. */
export class Cgroups {
  readonly #files: NodeFiles;
  #controllers: Promise<readonly string[]> | undefined;

  constructor(files: NodeFiles) {
    this.#files = files;
  }

  async create(name: string, signal?: AbortSignal): Promise<void> {
    await this.#files.makeDirectory(`${cgroupRoot}${name}`, {
      parents: true,
      ...(signal && { signal }),
    });
  }

  /** Lets the cgroup's children be limited. Not for one that holds processes itself, but for the root. */
  async delegate(name: string, signal?: AbortSignal): Promise<void> {
    const controllers = await this.#available();
    if (controllers.length === 0) return;
    const text = controllers.map((controller) => `+${controller}`).join(' ');
    await this.write(name, 'cgroup.subtree_control', text, signal);
  }

  async write(name: string, file: string, value: string, signal?: AbortSignal): Promise<void> {
    await this.#files.write(`${cgroupRoot}${name}/${file}`, value, signal && { signal });
  }

  async read(name: string, file: string, signal?: AbortSignal): Promise<string> {
    return (
      await this.#files.readText(`${cgroupRoot}${name}/${file}`, signal && { signal })
    ).trim();
  }

  async children(name: string, signal?: AbortSignal): Promise<string[]> {
    try {
      const entries = await this.#files.list(`${cgroupRoot}${name}`, signal);
      return entries.filter(({ type }) => type === 'directory').map((entry) => entry.name);
    } catch (error) {
      if (asSandglassError(error).code === 'not-found') return [];
      throw error;
    }
  }

  /** Ends what runs in it, and removes it with all below. */
  async destroy(name: string, signal?: AbortSignal): Promise<void> {
    if (!(await this.#files.exists(`${cgroupRoot}${name}`, signal))) return;
    await this.write(name, 'cgroup.kill', '1', signal);
    await this.#removeTree(name, signal);
  }

  async #removeTree(name: string, signal?: AbortSignal): Promise<void> {
    for (const child of await this.children(name, signal))
      await this.#removeTree(`${name}/${child}`, signal);
    await this.#files.remove(`${cgroupRoot}${name}`, {
      missing: 'ignore',
      ...(signal && { signal }),
    });
  }

  #available(): Promise<readonly string[]> {
    this.#controllers ??= this.read('', 'cgroup.controllers').then((text) => {
      const present = new Set(text.split(/\s+/));
      return wantedControllers.filter((controller) => present.has(controller));
    });
    return this.#controllers;
  }
}
