import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';

/** As containerd's (k8s.io/kubelet/pkg/cri/streaming/request_cache.go). */
const lifetime = 60_000; // ms
const inFlightMax = 1000;
const tokenBytes = 6;

interface Session<T> {
  request: T;
  expires: number;
}

/** Requests that wait for their client to connect: each can be taken once, and not for ever. */
export class StreamingSessions<T> {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A token that nobody can guess. */
  issue(request: T): string {
    this.#forgetExpired();
    if (this.#sessions.size >= inFlightMax) {
      throw new SandglassError(
        'resource-exhausted',
        'maximum number of in-flight requests exceeded',
      );
    }
    const token = randomToken();
    this.#sessions.set(token, { request, expires: this.#clock.now() + lifetime });
    return token;
  }

  /** Undefined if it was never issued, has been taken, or is too old. */
  take(token: string): T | undefined {
    this.#forgetExpired();
    const session = this.#sessions.get(token);
    this.#sessions.delete(token);
    return session?.request;
  }

  #forgetExpired(): void {
    for (const [token, { expires }] of this.#sessions) {
      // In the order in which they were issued.
      if (expires > this.#clock.now()) break;
      this.#sessions.delete(token);
    }
  }
}

/** Eight characters that need no escaping in a URL. */
function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(tokenBytes));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
