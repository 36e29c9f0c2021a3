import { SandglassError } from '#base/errors.ts';
import type { KubeletNode, NodeFacts } from './ports.ts';

/** The node's facts, read once at the start. */
export class LoadedFacts {
  readonly #node: KubeletNode;
  #facts: NodeFacts | undefined;

  constructor(node: KubeletNode) {
    this.#node = node;
  }

  async load(signal: AbortSignal): Promise<void> {
    this.#facts = await this.#node.facts(signal);
  }

  get(): NodeFacts {
    if (!this.#facts) {
      throw new SandglassError(
        'failed-precondition',
        'The kubelet does not know its node yet: it has not been started.',
      );
    }
    return this.#facts;
  }
}
