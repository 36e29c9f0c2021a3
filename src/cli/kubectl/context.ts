import type { Clock } from '#base/clock.ts';
import { KubeClient } from '#kube/client/client.ts';
import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';
import type { Values } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Invocation } from '#cli/ports.ts';
import { TextOutput } from '#cli/text/io.ts';
import { Discovery } from './discovery.ts';
import type { GlobalFlags } from './global-flags.ts';
import { Configuration } from './configuration.ts';
import { observedFetch } from './kubectl-fetch.ts';
import { parseRequestTimeout, timedFetch } from './request-timeout.ts';

export interface KubectlSettings {
  api: { fetch: FetchHandler; upgrade: UpgradeHandler };
  /** The cluster's. */
  clock: Clock;
  /** Where clients of the node find the server. */
  serverUrl?: string;
}

export interface Namespace {
  name: string;
  /** Asked for by the user, so that objects of others are refused. */
  isExplicit: boolean;
}

/** All that a kubectl command works with. */
export class KubectlContext {
  readonly invocation: Invocation;
  readonly clock: Clock;
  readonly client: KubeClient;
  readonly upgrade: UpgradeHandler;
  readonly discovery: Discovery;
  readonly configuration: Configuration;
  readonly out: TextOutput;
  readonly err: TextOutput;
  readonly globals: Values<GlobalFlags>;
  readonly warnings: () => number;
  /** Frees what the command's requests hold. */
  readonly close: () => void;
  readonly #settings: KubectlSettings;
  #namespace: Promise<Namespace> | undefined;

  constructor(invocation: Invocation, settings: KubectlSettings, globals: Values<GlobalFlags>) {
    const { api, clock } = settings;
    this.#settings = settings;
    this.invocation = invocation;
    this.clock = clock;
    this.globals = globals;
    this.out = new TextOutput(invocation.stdout, invocation.signal);
    this.err = new TextOutput(invocation.stderr, invocation.signal);
    const timeout = parseRequestTimeout(globals['request-timeout']);
    const timed = timedFetch(api.fetch, clock, timeout);
    this.close = timed.close;
    const observed = observedFetch(timed.fetch, { errors: this.err, clock, level: globals.v });
    this.warnings = observed.warnings;
    this.client = new KubeClient({
      fetch: observed.fetch,
      userAgent: 'kubectl/v1.36.0 (linux/386) kubernetes/sandglass',
    });
    this.upgrade = api.upgrade;
    this.discovery = new Discovery(this.client, this.signal, (text) => this.warn(text));
    this.configuration = new Configuration(invocation);
  }

  get serverUrl(): string {
    return this.#settings.serverUrl ?? 'http://127.0.0.1:8080';
  }

  get signal(): AbortSignal {
    return this.invocation.signal;
  }

  /** The one asked for, or the configuration's. */
  namespace(): Promise<Namespace> {
    this.#namespace ??= this.#findNamespace();
    return this.#namespace;
  }

  /** For what is to be tidied up even after an interrupt. */
  withoutSignal(): KubectlContext {
    const { signal } = new AbortController();
    const { argv, cwd, env, terminal, stdin, stdout, stderr, files } = this.invocation;
    const invocation: Invocation = {
      ...{ argv, cwd, env, terminal, stdin, stdout, stderr, files, signal },
      listen: (...args) => this.invocation.listen(...args),
      run: (...args) => this.invocation.run(...args),
    };
    return new KubectlContext(invocation, this.#settings, this.globals);
  }

  async warn(text: string): Promise<void> {
    await this.err.line(`Warning: ${text}`);
  }

  async #findNamespace(): Promise<Namespace> {
    const asked = this.globals.namespace;
    if (asked !== '') return { name: asked, isExplicit: true };
    return { name: await this.configuration.namespace(), isExplicit: false };
  }
}

const unsupported = ['as', 'as-uid', 'token', 'username', 'password', 'server'] as const;

/** This kubectl speaks to one server, as one user; an option that means another is refused. */
export function checkGlobals(globals: Values<GlobalFlags>): void {
  for (const name of unsupported) {
    if (globals[name] !== '') {
      throw failure(
        `--${name} is not supported: this kubectl speaks to the node's own API server, which knows no users`,
      );
    }
  }
}
