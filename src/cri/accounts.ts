import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { LocalImage } from './ports.ts';
import type { AccountFiles } from './spec/users.ts';

/** The account files of images, each read once: layers do not change. */
export class Accounts {
  readonly #agent: AgentClient;
  readonly #known = new Map<string, Promise<AccountFiles>>();

  constructor(agent: AgentClient) {
    this.#agent = agent;
  }

  of({ id, layers }: Pick<LocalImage, 'id' | 'layers'>): Promise<AccountFiles> {
    const known = this.#known.get(id) ?? this.#read(layers);
    this.#known.set(id, known);
    known.catch(() => this.#known.delete(id));
    return known;
  }

  async #read(layers: readonly string[]): Promise<AccountFiles> {
    const [passwd, group] = await Promise.all([
      this.#find('etc/passwd', layers),
      this.#find('etc/group', layers),
    ]);
    return { passwd, group };
  }

  /** Of the topmost layer that has it. */
  async #find(path: string, layers: readonly string[]): Promise<string> {
    for (const layer of layers.toReversed()) {
      try {
        return await this.#agent.files.readText(`${layer}/${path}`);
      } catch (error) {
        const absent =
          error instanceof SandglassError && ['ENOENT', 'ENOTDIR'].includes(error.errno ?? '');
        if (!absent) throw error;
      }
    }
    return '';
  }
}
