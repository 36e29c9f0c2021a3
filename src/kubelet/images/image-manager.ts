import type { Clock } from '#base/clock.ts';
import { create } from '@bufbuild/protobuf';
import { ImageSpecSchema, type PodSandboxConfig } from '#kube/cri/api_pb.ts';
import type { Container, Pod } from '#kube/types.ts';
import type { Backoff } from '#kubelet/backoff.ts';
import type { EventRecorder, EventType } from '#kube/events/recorder.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import { formatDuration } from '#kube/go-duration.ts';
import { grpcErrorText } from '#kubelet/grpc-errors.ts';
import { uidOf } from '#kubelet/pod-facts.ts';
import type { Cri } from '#kubelet/ports.ts';
import type { StartFailure } from '#kubelet/sync-errors.ts';
import { applyDefaultImageTag, imageNameError } from './image-name.ts';
import type { PullLimit } from './pull-limit.ts';

export interface EnsuredImage {
  ref: string;
  id: string;
  /** Whom the image runs as where the pod does not say. */
  user: { uid: number } | { username: string } | undefined;
  /** Bytes. */
  size: bigint;
}

export class ImageError extends Error {
  readonly reason: StartFailure;
  /** Of back-off: when the next pull may be, milliseconds since 1970. */
  readonly expiry: number | undefined;

  constructor(reason: StartFailure, message: string, expiry?: number) {
    super(message);
    this.reason = reason;
    this.expiry = expiry;
  }
}

export interface ImageManagerOptions {
  image: Cri['image'];
  recorder: EventRecorder;
  backoff: Backoff;
  limit: PullLimit;
  clock: Clock;
}

/** Sees to it that a container's image is there (pkg/kubelet/images/image_manager.go). */
export class ImageManager {
  readonly #options: ImageManagerOptions;

  constructor(options: ImageManagerOptions) {
    this.#options = options;
  }

  async ensureImageExists(
    pod: Pod,
    container: Container,
    sandboxConfig: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<EnsuredImage> {
    const name = container.image ?? '';
    const event = (type: EventType, reason: string, message: string) =>
      this.#options.recorder.container(pod, container, type, reason, message);
    const image = applyDefaultImageTag(name);
    if (image === undefined) {
      const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": ${imageNameError(name)}`;
      event('Warning', reasons.inspectFailed, message);
      throw new ImageError('InvalidImageName', message);
    }
    const present = await this.#inspect(image, name, event, signal);
    if (!shouldPull(container, present !== undefined)) {
      if (present) {
        event(
          'Normal',
          reasons.pulled,
          `Container image "${name}" already present on machine and can be accessed by the pod`,
        );
        return present;
      }
      const message = `Container image "${name}" is not present with pull policy of Never`;
      event('Warning', reasons.errImageNeverPull, message);
      throw new ImageError('ErrImageNeverPull', message);
    }
    return await this.#pull({ pod, name, image, sandboxConfig, event, signal });
  }

  async #inspect(
    image: string,
    name: string,
    event: (type: EventType, reason: string, message: string) => void,
    signal: AbortSignal,
  ): Promise<EnsuredImage | undefined> {
    try {
      return await this.#status(image, signal);
    } catch (error) {
      signal.throwIfAborted();
      const message = `Failed to inspect image "${name}": ${grpcErrorText(error)}`;
      event('Warning', reasons.inspectFailed, message);
      throw new ImageError('ImageInspectError', message);
    }
  }

  async #status(image: string, signal: AbortSignal): Promise<EnsuredImage | undefined> {
    const response = await this.#options.image.imageStatus({ image: { image } }, { signal });
    if (!response.image) return undefined;
    const { id, uid, username, size } = response.image;
    const user = uid ? { uid: Number(uid.value) } : username === '' ? undefined : { username };
    return { ref: id, id, user, size };
  }

  async #pull(request: {
    pod: Pod;
    name: string;
    image: string;
    sandboxConfig: PodSandboxConfig;
    event: (type: EventType, reason: string, message: string) => void;
    signal: AbortSignal;
  }): Promise<EnsuredImage> {
    const { pod, name, image, sandboxConfig, event, signal } = request;
    const { backoff, limit, clock } = this.#options;
    const key = `${uidOf(pod)}_${name}`;
    if (backoff.isInBackOffSinceUpdate(key)) {
      const message = `Back-off pulling image "${name}"`;
      event('Normal', reasons.backOff, message);
      throw new ImageError(
        'ImagePullBackOff',
        `${message}: ${backoff.why(key)}`,
        backoff.expiryOfUpdate(key),
      );
    }
    // Also of pods that are gone and never had their image.
    backoff.collectGarbage();
    event('Normal', reasons.pulling, `Pulling image "${name}"`);
    const asked = clock.now();
    try {
      const { pulled, milliseconds } = await limit.run(async () => {
        const begun = clock.now();
        const spec = create(ImageSpecSchema, {
          image,
          annotations: { ...pod.metadata?.annotations },
        });
        const { imageRef } = await this.#options.image.pullImage(
          { image: spec, sandboxConfig },
          { signal },
        );
        return { pulled: imageRef, milliseconds: clock.now() - begun };
      }, signal);
      const present = (await this.#status(pulled, signal)) ?? {
        ref: pulled,
        id: pulled,
        user: undefined,
        size: 0n,
      };
      const waited = Math.trunc(clock.now() - asked);
      event(
        'Normal',
        reasons.pulled,
        `Successfully pulled image "${name}" in ${formatDuration(Math.trunc(milliseconds))} (${formatDuration(waited)} including waiting). Image size: ${present.size} bytes.`,
      );
      return present;
    } catch (error) {
      signal.throwIfAborted();
      const message = grpcErrorText(error);
      event('Warning', reasons.failed, `Failed to pull image "${name}": ${message}`);
      backoff.next(key, clock.wallTime(), `ErrImagePull: ${message}`);
      throw new ImageError('ErrImagePull', message);
    }
  }
}

function shouldPull(container: Container, present: boolean): boolean {
  if (container.imagePullPolicy === 'Never') return false;
  return container.imagePullPolicy === 'Always' || !present;
}
