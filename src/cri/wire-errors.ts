import { toConnectError } from '#kube/cri/errors.ts';

type Calls = Readonly<Record<string, (request: never, context: never) => unknown>>;

/** The same calls; what they throw has its gRPC code. */
export function withWireErrors<T extends Calls>(calls: T): T {
  const wrapped = Object.entries(calls).map(([name, call]) => [
    name,
    (request: never, context: never) => translate(() => call(request, context)),
  ]);
  return Object.fromEntries(wrapped) as T;
}

function translate(call: () => unknown): unknown {
  try {
    const result = call();
    if (result instanceof Promise) {
      return result.catch((error: unknown) => {
        throw toConnectError(error);
      });
    }
    return isAsyncIterable(result) ? translateStream(result) : result;
  } catch (error) {
    throw toConnectError(error);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function* translateStream(stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
  try {
    yield* stream;
  } catch (error) {
    throw toConnectError(error);
  }
}
