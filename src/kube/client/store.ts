import type { KubeObject } from '#kube/types.ts';

/** `namespace/name`, or the name alone for what has no namespace (client-go, MetaNamespaceKeyFunc). */
export function storeKey(object: KubeObject): string {
  return keyText(object.metadata?.namespace, object.metadata?.name ?? '');
}

function keyText(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Objects by namespace and name. Whoever reads them must not change them. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyText(namespace, name));
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** Answers with what was there before. */
  replace(object: T): T | undefined {
    const key = storeKey(object);
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    return previous;
  }

  remove(object: T): boolean {
    return this.#objects.delete(storeKey(object));
  }
}
