import { invalid } from '#kube/status.ts';
import { apiVersionOf } from '#kube/resources.ts';
import { field } from '#kube/validation/field-path.ts';
import { invalid as invalidValue } from '#kube/validation/field-error.ts';
import type { KubeObject, WatchEventType } from '#kube/types.ts';
import { quote } from '#kube/go-text.ts';
import { StoreWatch, type WatchedChange } from '#apiserver/storage/watch.ts';
import { encodeWatchEvent, protobufMediaType } from '#kube/protobuf/envelope.ts';
import { encodeJson, failureOf } from './answers.ts';
import type { ApiContext } from './context.ts';
import { convert, tableOptions } from './convert.ts';
import { prefixOf, tooLargeVersion } from './list.ts';
import { listOptions, type ListOptions } from './options.ts';
import type { Scope } from './scope.ts';
import { selectionOf } from './selection.ts';
import { watchStream, type WatchFrame, type WatchSource } from './watch-stream.ts';

/** upstream: apiserver/pkg/server/config.go, MinRequestTimeout; a watch lasts once to twice as long. */
const minimumSeconds = 1_800;

const initialEventsEnd = 'k8s.io/initial-events-end';

export function watch(context: ApiContext, scope: Scope): Response {
  const options = listOptions(scope.query);
  const source = new ResourceWatch(context, scope, options);
  const seconds = options.timeoutSeconds ?? 0;
  const body = watchStream(source, {
    clock: context.clock,
    milliseconds: (seconds > 0 ? seconds : minimumSeconds * (1 + Math.random())) * 1000,
    signal: scope.request.signal,
    closing: context.closing,
  });
  const isProtobuf = scope.output.mediaType === protobufMediaType;
  const type = isProtobuf ? `${protobufMediaType};stream=watch` : 'application/json';
  return new Response(body, {
    headers: { 'content-type': type, 'cache-control': 'no-cache, private' },
  });
}

/** The events of one watch. */
class ResourceWatch implements WatchSource {
  readonly bookmark: (() => WatchFrame) | undefined;
  readonly #scope: Scope;
  readonly #now: () => number;
  readonly #watch: StoreWatch;
  readonly #table: ReturnType<typeof tableOptions>;
  #initial: WatchFrame[];

  constructor(context: ApiContext, scope: Scope, options: ListOptions) {
    const { store, clock } = context;
    const { served } = scope;
    this.#scope = scope;
    this.#now = () => clock.wallTime();
    this.#table = tableOptions(scope.query);
    const selection = selectionOf(served, options, scope.path.name);
    const prefix = prefixOf(scope);
    const revision = startOf(scope, options, store.revision);
    const watchScope = { collection: served.collection, prefix, matches: selection.matches };
    this.#watch = new StoreWatch(store, watchScope, revision);
    this.#initial = [];
    if (options.sendInitialEvents) {
      this.#initial = store
        .list(served.collection, prefix)
        .filter(({ object }) => selection.matches(object))
        .map(({ object }) => this.#frame({ type: 'ADDED', object }));
      if (options.allowWatchBookmarks) {
        this.#initial.push(this.#bookmarkFrame({ [initialEventsEnd]: 'true' }));
      }
    }
    this.bookmark = options.allowWatchBookmarks ? () => this.#bookmarkFrame() : undefined;
  }

  take(): WatchFrame[] {
    const initial = this.#initial;
    this.#initial = [];
    return [...initial, ...this.#watch.take().map((change) => this.#frame(change))];
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#watch.wait(signal);
  }

  failure(thrown: unknown): WatchFrame {
    return this.#event('ERROR', failureOf(thrown));
  }

  close(): void {
    this.#watch.close();
  }

  #frame({ type, object }: WatchedChange): WatchFrame {
    return this.#event(type, this.#shown(this.#scope.served.fromStored(object)));
  }

  #bookmarkFrame(annotations?: Record<string, string>): WatchFrame {
    const { resource } = this.#scope;
    const object = {
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: {
        resourceVersion: String(this.#watch.revision),
        creationTimestamp: null,
        ...(annotations ? { annotations } : {}),
      },
    };
    return this.#event('BOOKMARK', this.#shown(object as unknown as KubeObject));
  }

  #event(type: WatchEventType, object: object): WatchFrame {
    const isProtobuf = this.#scope.output.mediaType === protobufMediaType;
    return isProtobuf ? encodeWatchEvent(type, object) : eventLine(type, object);
  }

  /** Only a table watch's first event carries the columns. */
  #shown(object: KubeObject): object {
    const shown = convert(object, this.#scope.output.conversion, this.#table, this.#now());
    this.#table.noHeaders = true;
    return shown;
  }
}

function eventLine(type: WatchEventType, object: object): WatchFrame {
  return new TextEncoder().encode(`{"type":"${type}","object":${encodeJson(object)}}\n`);
}

/** The revision after which changes are told. */
function startOf({ resource }: Scope, options: ListOptions, current: number): number {
  const { resourceVersion } = options;
  if (resourceVersion === '' || resourceVersion === '0') return current;
  if (!/^\d+$/.test(resourceVersion)) {
    const why = `strconv.ParseUint: parsing ${quote(resourceVersion)}: invalid syntax`;
    const error = invalidValue(field('resourceVersion'), resourceVersion, why);
    const { group, resource: kind } = resource;
    throw invalid({ group, kind }, '', [error]);
  }
  const revision = Number(resourceVersion);
  if (!options.sendInitialEvents) return revision;
  if (revision > current) throw tooLargeVersion(revision, current);
  return current;
}
