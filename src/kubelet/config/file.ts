import { type Clock, sleep } from '#base/clock.ts';
import { sha256Hex } from '#base/digest.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { applyDefaults } from '#kube/defaults/defaults.ts';
import { resources } from '#kube/resources.ts';
import { decode } from '#kube/schema/decode.ts';
import { timeNow } from '#kube/time.ts';
import { aggregateText, fieldErrorText } from '#kube/validation/field-error.ts';
import { validateCreate } from '#kube/validation/validate.ts';
import type { Pod } from '#kube/types.ts';
import {
  configHashAnnotation,
  configSeenAnnotation,
  configSourceAnnotation,
  nameOf,
} from '#kubelet/pod-facts.ts';
import type { KubeletNode } from '#kubelet/ports.ts';
import { isOver } from '#kubelet/repeat.ts';
import type { PodConfig } from './pod-config.ts';

/** fileCheckFrequency: how often the directory is looked through, whatever is told of changes. */
const checkPeriod = 20_000;

/** Milliseconds between two looks whether files have come or gone: upstream is told of that by inotify. */
const lookEvery = 5_000;

export interface FileSourceOptions {
  node: KubeletNode;
  clock: Clock;
  directory: string;
  nodeName: string;
  config: PodConfig;
  onError: (error: SandglassError) => void;
}

/** Static pods: one in each file of a directory (pkg/kubelet/config/file.go, file_linux.go). */
export function fileSource(options: FileSourceOptions): {
  run(signal: AbortSignal): Promise<void>;
} {
  const { node, clock, directory, config, onError } = options;
  /** When each pod was first seen, so that it does not change with every look. */
  const seen = new Map<string, string>();
  const look = async (signal: AbortSignal) => {
    const pods: Pod[] = [];
    for (const path of await podFiles(node, directory, signal)) {
      try {
        const text = await node.files.readText(path, { signal });
        const pod = await staticPod(text, options.nodeName);
        const uid = pod.metadata?.uid ?? '';
        if (!seen.has(uid)) seen.set(uid, timeNow(clock));
        pods.push(withAnnotation(pod, configSeenAnnotation, seen.get(uid) ?? ''));
      } catch (error) {
        // One bad file does not keep the others from running.
        const { code, message } = asSandglassError(error);
        onError(new SandglassError(code, `Can't process manifest file ${path}: ${message}`));
      }
    }
    config.set('file', pods);
  };
  return {
    async run(signal) {
      while (!isOver(signal)) {
        try {
          await look(signal);
        } catch (error) {
          if (isOver(signal)) return;
          onError(asSandglassError(error));
        }
        await changeOrPeriod(node, clock, directory, signal);
      }
    },
  };
}

async function podFiles(
  node: KubeletNode,
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const entries = await node.files.list(directory, signal);
    return entries
      .filter(({ name, type }) => (type === 'file' || type === 'symlink') && !name.startsWith('.'))
      .map(({ name }) => `${directory}/${name}`);
  } catch (error) {
    if (asSandglassError(error).code === 'not-found') return [];
    throw error;
  }
}

/** A pod of the kubelet's own (pkg/kubelet/config/common.go, applyDefaults). */
export async function staticPod(text: string, nodeName: string): Promise<Pod> {
  const { object } = decode(resources.pods, text, 'Warn', 'yaml');
  if (nameOf(object) === '')
    throw new SandglassError('invalid-argument', 'metadata.name: Required value');
  const hash = (
    await sha256Hex(new TextEncoder().encode(`host:${nodeName}\n${JSON.stringify(object)}`))
  ).slice(0, 32);
  const uid = object.metadata?.uid ?? hash;
  const { namespace } = object.metadata ?? {};
  const pod = applyDefaults({
    ...object,
    metadata: {
      ...object.metadata,
      uid,
      name: `${nameOf(object)}-${nodeName}`.toLowerCase(),
      namespace: namespace === undefined || namespace === '' ? 'default' : namespace,
      annotations: {
        ...object.metadata?.annotations,
        [configHashAnnotation]: uid,
        [configSourceAnnotation]: 'file',
      },
    },
    spec: {
      ...object.spec,
      containers: object.spec?.containers ?? [],
      nodeName,
      // Nobody evicts what only the node's own files ask for.
      tolerations: [
        ...(object.spec?.tolerations ?? []),
        { operator: 'Exists', effect: 'NoExecute' },
      ],
    },
    status: { phase: 'Pending' },
  });
  const errors = validateCreate(pod);
  if (errors.length === 0) return pod;
  throw new SandglassError(
    'invalid-argument',
    `invalid pod: ${aggregateText(errors.map(fieldErrorText))}`,
  );
}

function withAnnotation(pod: Pod, name: string, value: string): Pod {
  const annotations = { ...pod.metadata?.annotations, [name]: value };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

async function changeOrPeriod(
  node: KubeletNode,
  clock: Clock,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const period = sleep(clock, checkPeriod, either);
  const change = node.waitForChange(directory, lookEvery, either);
  try {
    await Promise.race([period, change]);
  } catch {
    // A watch that failed is made up for by the period.
    if (!isOver(signal)) await period.catch(() => undefined);
  } finally {
    over.abort();
    await Promise.allSettled([period, change]);
  }
}
