import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import {
  type Descriptor,
  type ImageConfiguration,
  layersWithDiffIds,
  manifestsForNode,
  mediaTypes,
  parseConfiguration,
  parseManifest,
} from './image-format.ts';
import type { LayerStore, UnpackedLayer } from './layer-store.ts';
import { ProgressReport, type PullProgress } from './pull-progress.ts';
import { type ImageReference, referenceText } from './reference.ts';
import { type RegistryClient, checkBlob } from './registry-client.ts';

export interface PullOptions {
  signal?: AbortSignal | undefined;
  onProgress?: (progress: PullProgress) => void;
}

/** An image of which every layer is on the node. */
export interface PulledImage {
  id: string;
  /** What the reference stands for: a manifest or an index. */
  target: string;
  size: number;
  configuration: ImageConfiguration;
  /** Gives the layers' lease back, once somebody else keeps them. */
  release: () => void;
}

/** containerd's max_concurrent_downloads */
const concurrentLayers = 3;

/** Fetches an image's layers from the registry, as far as they are not on the node. */
export async function pullImage(
  registry: RegistryClient,
  layers: LayerStore,
  reference: ImageReference,
  { signal, onProgress = () => undefined }: PullOptions,
): Promise<PulledImage> {
  const target = await registry.resolve(reference, signal);
  const { manifest, size: manifestSize } = await readManifest(registry, target, signal);
  const id = manifest.config.digest;
  const configuration = parseConfiguration(await registry.read(manifest.config, signal), id);
  const wanted = layersWithDiffIds(manifest, configuration);
  const release = layers.lease(wanted.map(({ diffId }) => diffId));
  try {
    const report = new ProgressReport(referenceText(reference), manifest.layers, onProgress);
    await forEachLayer(wanted, signal, async ({ descriptor, diffId }, at, stop) => {
      if (layers.has(diffId)) {
        report.update(at, { state: 'present' });
        return;
      }
      report.update(at, { state: 'pulling' });
      await layers.ensure(
        diffId,
        (signal) => registry.open(descriptor, signal),
        {
          blob: (actual) => {
            checkBlob(descriptor, actual);
          },
          layer: (layer) => {
            checkContents(layer, descriptor, diffId);
          },
        },
        {
          signal: stop,
          onProgress: (loaded) => {
            report.update(at, { loaded });
          },
        },
      );
      report.update(at, { state: 'done' });
    });
  } catch (error) {
    release();
    throw error;
  }
  const sizes = manifest.layers.map(({ size }) => size);
  const size = sizes.reduce((sum, each) => sum + each, manifestSize + manifest.config.size);
  return { id, target, size, configuration, release };
}

/** In containerd's words (internal/cri/server/images/image_pull.go). */
export function pullFailure(reference: ImageReference, thrown: unknown): SandglassError {
  const { code, message } = asSandglassError(thrown);
  if (code === 'cancelled') return asSandglassError(thrown);
  return new SandglassError(
    code,
    `failed to pull and unpack image "${referenceText(reference)}": ${message}`,
    { cause: thrown },
  );
}

async function readManifest(registry: RegistryClient, target: string, signal?: AbortSignal) {
  const bytes = await registry.read({ digest: target, mediaType: mediaTypes.manifest }, signal);
  const parsed = parseManifest(bytes, target);
  if ('manifest' in parsed) return { manifest: parsed.manifest, size: bytes.length };
  const [chosen] = manifestsForNode(parsed.index);
  const inner = parseManifest(await registry.read(chosen, signal), chosen.digest);
  if ('manifest' in inner) return { manifest: inner.manifest, size: chosen.size };
  throw new SandglassError('not-found', `unexpected media type for ${chosen.digest}: not found`);
}

function checkContents(layer: UnpackedLayer, { digest }: Descriptor, diffId: string): void {
  if (layer.diffId === diffId) return;
  // core/unpack/unpacker.go of containerd
  throw new SandglassError(
    'unknown',
    `wrong diff id "${layer.diffId}" calculated on extraction "${diffId}", desc "${digest}"`,
  );
}

/** A few at a time; the first failure stops the others, and is thrown when they have stopped. */
async function forEachLayer<T>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  work: (item: T, at: number, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  throwIfCancelled(signal);
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  let first: unknown;
  const queue = items.entries();
  const worker = async () => {
    for (const [at, item] of queue) {
      if (stop.aborted) return;
      try {
        await work(item, at, stop);
      } catch (error) {
        if (!failed.signal.aborted) first = error;
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrentLayers }, worker));
  if (failed.signal.aborted) throw first;
  throwIfCancelled(signal);
}
