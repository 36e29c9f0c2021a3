import type { Descriptor } from './image-format.ts';

export interface LayerProgress {
  readonly digest: string;
  /** Bytes of the compressed layer. */
  readonly size: number;
  readonly loaded: number;
  readonly state: 'waiting' | 'pulling' | 'done' | 'present';
}

/** How far a pull has come. */
export interface PullProgress {
  readonly reference: string;
  readonly layers: readonly LayerProgress[];
}

/** Keeps the state of each layer of one pull, and tells of it whenever it changes. */
export class ProgressReport {
  readonly #reference: string;
  readonly #layers: LayerProgress[];
  readonly #tell: (progress: PullProgress) => void;

  constructor(
    reference: string,
    layers: readonly Descriptor[],
    tell: (progress: PullProgress) => void,
  ) {
    this.#reference = reference;
    this.#layers = layers.map(({ digest, size }) => ({
      digest,
      size,
      loaded: 0,
      state: 'waiting',
    }));
    this.#tell = tell;
  }

  update(at: number, change: Partial<Pick<LayerProgress, 'loaded' | 'state'>>): void {
    const layer = this.#layers[at];
    if (layer) this.#layers[at] = { ...layer, ...change };
    this.#tell({ reference: this.#reference, layers: [...this.#layers] });
  }
}
