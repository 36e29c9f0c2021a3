import type { MessageInitShape } from '@bufbuild/protobuf';
import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import type {
  Image,
  ImageFilterSchema,
  ImageFsInfoResponse,
  ImageStatusResponse,
  PullImageRequestSchema,
} from '#kube/cri/api_pb.ts';
import type { CriClients } from '#kube/cri/client.ts';
import { failure } from '#cli/command/errors.ts';
import type { RemoteCalls } from './remote-call.ts';

/** The image service as upstream's client has it (k8s.io/cri-client, pkg/remote_image.go). */
export class RemoteImages {
  readonly #images: CriClients['image'];
  readonly #calls: RemoteCalls;

  constructor(images: CriClients['image'], calls: RemoteCalls) {
    this.#images = images;
    this.#calls = calls;
  }

  /** Without a complaint: whoever connects says it. */
  async validate(): Promise<void> {
    const { timeout } = this.#calls;
    await this.#calls.call({ timeout }, (options) => this.#images.imageFsInfo({}, options));
  }

  async listImages(filter?: MessageInitShape<typeof ImageFilterSchema>): Promise<Image[]> {
    const message = 'ListImages with filter from image service failed';
    const { images } = await this.#call(161, message, undefined, (options) =>
      this.#images.listImages({ ...(filter && { filter }) }, options),
    );
    return images;
  }

  async imageStatus(image: string, verbose: boolean): Promise<ImageStatusResponse> {
    const message = 'Get ImageStatus from image service failed';
    const answer = await this.#call(217, message, image, (options) =>
      this.#images.imageStatus({ image: { image }, verbose }, options),
    );
    if (answer.image && (answer.image.id === '' || answer.image.size === 0n)) {
      const error = failure(`Id or size of image ${quote(image)} is not set`);
      await this.#complain(226, 'ImageStatus failed', image, error);
      throw error;
    }
    return answer;
  }

  /** Resolves with its reference. `timeout` in milliseconds; without it, for as long as it takes. */
  async pullImage(
    request: MessageInitShape<typeof PullImageRequestSchema>,
    timeout?: number,
  ): Promise<string> {
    const image = request.image?.image ?? '';
    const complaint = {
      place: 'remote_image.go:250',
      message: 'PullImage from image service failed',
      facts: { image },
    };
    try {
      const { imageRef } = await this.#calls.call(
        { complaint, ...(timeout !== undefined && { timeout }) },
        (options) => this.#images.pullImage(request, options),
      );
      if (imageRef === '') throw failure(`imageRef of image ${quote(image)} is not set`);
      return imageRef;
    } catch (error) {
      // The code that says nothing is left out.
      if (!(error instanceof SandglassError) || error.code !== 'unknown') throw error;
      throw fromConnectError(error.cause);
    }
  }

  async removeImage(image: string): Promise<void> {
    await this.#call(284, 'RemoveImage from image service failed', image, (options) =>
      this.#images.removeImage({ image: { image } }, options),
    );
  }

  imageFsInfo(): Promise<ImageFsInfoResponse> {
    return this.#call(303, 'ImageFsInfo from image service failed', undefined, (options) =>
      this.#images.imageFsInfo({}, options),
    );
  }

  #call<T>(
    line: number,
    message: string,
    image: string | undefined,
    send: (options: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const { timeout } = this.#calls;
    const complaint = complaintOf(line, message, image);
    return this.#calls.call({ timeout, complaint }, send);
  }

  #complain(line: number, message: string, image: string, error: Error): Promise<void> {
    return this.#calls.complain(complaintOf(line, message, image), error);
  }
}

function complaintOf(line: number, message: string, image: string | undefined) {
  const place = `remote_image.go:${line}`;
  return { place, message, ...(image !== undefined && { facts: { image } }) };
}
