import { SandglassError } from '#base/errors.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { watchEvents } from '#cli/kubectl/get/watch.ts';
import { isList, metadataOf, type AnyObject, type Info } from '#cli/kubectl/objects/object-info.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { resourcePath } from '#kube/resources.ts';

const week = 168 * 3_600_000;

/** A wait without end lasts a week, as kubectl's. */
export const waitLimit = week;

export interface Deadline {
  signal: AbortSignal;
  hasPassed(): boolean;
  /** Frees its timer. */
  cancel(): void;
}

/** Fires after the time, or with the command's own signal. */
export function deadlineAfter(context: KubectlContext, milliseconds: number): Deadline {
  const ended = new AbortController();
  let hasPassed = false;
  const cancelTimer = context.clock.schedule(milliseconds, () => {
    hasPassed = true;
    ended.abort(new SandglassError('deadline-exceeded', 'timed out waiting for the condition'));
  });
  const onAbort = () => {
    ended.abort(context.signal.reason);
  };
  if (context.signal.aborted) onAbort();
  context.signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: ended.signal,
    hasPassed: () => hasPassed,
    cancel: () => {
      cancelTimer();
      context.signal.removeEventListener('abort', onAbort);
    },
  };
}

/**
 * Each state of an object as it comes, beginning with the one now; `undefined` once it is gone. Watches
 * anew when the server ends a watch. Ends only by its reader or the signal.
 */
export async function* statesOf(
  context: KubectlContext,
  info: Info,
  signal: AbortSignal,
): AsyncGenerator<AnyObject | undefined, void, undefined> {
  const { resource, namespace, name } = info;
  for (;;) {
    const list = await requestJson(context, resourcePath(resource, { namespace }), {
      query: { fieldSelector: `metadata.name=${name}` },
      signal,
    });
    yield isList(list) ? list.items[0] : undefined;
    const version = metadataOf(list).resourceVersion ?? '';
    for await (const { type, object } of watchEvents(context, info, {}, version, signal)) {
      yield type === 'DELETED' ? undefined : object;
    }
  }
}

/** Waits until the check holds of some state of the object; fails when the time is over. */
export async function waitUntil(
  context: KubectlContext,
  info: Info,
  { timeout, check }: { timeout: number; check: (object: AnyObject | undefined) => boolean },
): Promise<AnyObject | undefined> {
  const deadline = deadlineAfter(context, timeout);
  try {
    for await (const object of statesOf(context, info, deadline.signal)) {
      if (check(object)) return object;
    }
    throw failure('the watch has ended');
  } catch (error) {
    if (deadline.hasPassed()) throw timedOut(info);
    throw error;
  } finally {
    deadline.cancel();
  }
}

/** kubectl, pkg/cmd/wait/condition.go, extendErrWaitTimeout */
export function timedOut({ resource, name }: Info): Error {
  return failure(`timed out waiting for the condition on ${resource.resource}/${name}`);
}

/** Until the object is gone, or another has taken its name. */
export async function waitForDeletion(
  context: KubectlContext,
  info: Info,
  { uid, timeout }: { uid: string | undefined; timeout: number },
): Promise<void> {
  await waitUntil(context, info, {
    timeout,
    check: (object) =>
      object === undefined || (uid !== undefined && metadataOf(object).uid !== uid),
  });
}
