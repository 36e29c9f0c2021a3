import { create } from '@bufbuild/protobuf';
import { Emitter } from '#base/emitter.ts';
import {
  type ContainerEventResponse,
  ContainerEventResponseSchema,
  type ContainerEventType,
} from '#kube/cri/api_pb.ts';

/** Events that wait for a reader who does not read; more are lost, oldest first. */
const capacity = 1000;

/** What happens to containers and sandboxes, for whoever asked for it. */
export class ContainerEvents {
  readonly #events = new Emitter<ContainerEventResponse>();

  emit(
    type: ContainerEventType,
    details: Pick<ContainerEventResponse, 'containerId' | 'createdAt' | 'containersStatuses'> &
      Partial<Pick<ContainerEventResponse, 'podSandboxStatus'>>,
  ): void {
    this.#events.emit(
      create(ContainerEventResponseSchema, { containerEventType: type, ...details }),
    );
  }

  /** From now on, until the signal fires. */
  async *listen(signal: AbortSignal): AsyncIterable<ContainerEventResponse> {
    const waiting: ContainerEventResponse[] = [];
    let wake: () => void = () => undefined;
    const stop = this.#events.listen((event) => {
      waiting.push(event);
      if (waiting.length > capacity) waiting.shift();
      wake();
    });
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      stop();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
