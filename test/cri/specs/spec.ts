import { describe, it } from 'vitest';
import { type CriNode, type Pod, type PodConfig, podConfig, withPod } from '../cri.ts';

/** What a spec of upstream's critest asserts, asserted of a node. */
export type Spec = (cri: CriNode) => Promise<void>;

/** The specs of one of critest's contexts, by their names there. */
export interface SpecGroup {
  /** As critest prints it: what is described, then the context. */
  readonly name: string;
  readonly specs: Readonly<Record<string, Spec>>;
}

/** A spec with a pod of its own. */
export function inPod(
  work: (cri: CriNode, pod: Pod) => Promise<void>,
  config: PodConfig = {},
): Spec {
  return (cri) => withPod(cri, podConfig(config), (pod) => work(cri, pod));
}

/** Declares each spec of the groups as a test. */
export function testSpecs(groups: readonly SpecGroup[], cri: () => CriNode): void {
  for (const { name, specs } of groups) {
    describe(name, () => {
      for (const [title, spec] of Object.entries(specs)) it(title, () => spec(cri()));
    });
  }
}
