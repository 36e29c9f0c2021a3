import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { CriClients } from '#kube/cri/client.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import type { Files, Invocation } from '#cli/ports.ts';
import { formatDuration } from '#kube/go-duration.ts';
import { TextOutput } from '#cli/text/io.ts';
import type { Values } from '#cli/urfave/flags.ts';
import { ConfigurationFile, pathError, readText, type Configuration } from './configuration.ts';
import { type GlobalFlags, defaultEndpoints, defaultTimeout } from './global-flags.ts';
import type { Log } from './log.ts';
import { RemoteCalls } from './remote/remote-call.ts';
import { RemoteImages } from './remote/remote-images.ts';
import { RemoteRuntime } from './remote/remote-runtime.ts';

export interface CrictlSettings {
  /** The node's CRI. */
  cri: CriClients;
  /** The address by which it is meant. */
  endpoint: string;
  /** Behind the URLs that Exec, Attach and PortForward give. */
  streaming: UpgradeHandler;
  /** The cluster's: a call that is held takes no time. */
  clock: Clock;
  /** The reader's: the node's files change while the cluster's is held. */
  nodeClock: Clock;
}

/** What the command line and the configuration say of the services. */
interface Connection {
  /** Absent if nothing names one. */
  runtimeEndpoint: string | undefined;
  imageEndpoint: string | undefined;
  /** Milliseconds of a call. */
  timeout: number;
}

/** All that a crictl command works with. */
export class CrictlContext {
  readonly invocation: Invocation;
  readonly settings: CrictlSettings;
  readonly out: TextOutput;
  readonly err: TextOutput;
  readonly log: Log;
  readonly globals: Values<GlobalFlags>;
  readonly pullImageOnCreate: boolean;
  readonly disablePullOnRun: boolean;
  readonly #connection: Connection;

  private constructor(parts: {
    invocation: Invocation;
    settings: CrictlSettings;
    log: Log;
    globals: Values<GlobalFlags>;
    connection: Connection;
    configuration: Configuration | undefined;
  }) {
    const { invocation, configuration } = parts;
    this.invocation = invocation;
    this.settings = parts.settings;
    this.out = new TextOutput(invocation.stdout, invocation.signal);
    this.err = new TextOutput(invocation.stderr, invocation.signal);
    this.log = parts.log;
    this.globals = parts.globals;
    this.#connection = parts.connection;
    this.pullImageOnCreate = configuration?.['pull-image-on-create'] ?? false;
    this.disablePullOnRun = configuration?.['disable-pull-on-run'] ?? false;
  }

  /** Options come before the configuration's file (crictl, main.go, app.Before). */
  static async prepare(
    invocation: Invocation,
    settings: CrictlSettings,
    log: Log,
    globals: Values<GlobalFlags>,
    isGiven: (name: keyof GlobalFlags) => boolean,
  ): Promise<CrictlContext> {
    checkGlobals(globals);
    const configuration = await findConfiguration(invocation, log, globals, isGiven('config'));
    const given = (name: 'runtime-endpoint' | 'image-endpoint') => {
      const configured = configuration?.[name] ?? '';
      return isGiven(name) ? globals[name] : configured === '' ? undefined : configured;
    };
    log.isVerbose = isGiven('debug') ? globals.debug : (configuration?.debug ?? false);
    return new CrictlContext({
      ...{ invocation, settings, log, globals, configuration },
      connection: {
        runtimeEndpoint: given('runtime-endpoint'),
        imageEndpoint: given('image-endpoint'),
        timeout: timeoutOf(globals.timeout, isGiven('timeout'), configuration),
      },
    });
  }

  get signal(): AbortSignal {
    return this.invocation.signal;
  }

  get files(): Files {
    return this.invocation.files;
  }

  get clock(): Clock {
    return this.settings.clock;
  }

  /** `timeout` in milliseconds, where it is not that of all calls; 0 for that. */
  async runtime(timeout = 0): Promise<RemoteRuntime> {
    await this.log.debug('Get runtime connection');
    const calls = this.#calls(timeout === 0 ? this.#connection.timeout : timeout);
    await this.log.debug(`Using runtime connection timeout: ${formatDuration(calls.timeout)}`);
    const service = new RemoteRuntime(this.settings.cri.runtime, calls);
    await this.#connect('runtime', this.#connection.runtimeEndpoint, () => service.validate());
    return service;
  }

  async images(): Promise<RemoteImages> {
    const { runtimeEndpoint, imageEndpoint = runtimeEndpoint, timeout } = this.#connection;
    await this.log.debug('Get image connection');
    const service = new RemoteImages(this.settings.cri.image, this.#calls(timeout));
    await this.#connect('image', imageEndpoint, () => service.validate());
    return service;
  }

  #calls(timeout: number): RemoteCalls {
    const { clock } = this.settings;
    return new RemoteCalls({ clock, errors: this.err, signal: this.signal, timeout });
  }

  async #connect(
    kind: 'runtime' | 'image',
    endpoint: string | undefined,
    validate: () => Promise<void>,
  ): Promise<void> {
    if (endpoint === '') throw failure(`--${kind}-endpoint is not set`);
    if (endpoint !== undefined) return this.#validate(kind, endpoint, validate);
    const name = kind === 'runtime' ? 'runtime' : 'Image';
    await this.log.warn(
      `${name} connect using default endpoints: [${defaultEndpoints.join(' ')}]. As the default settings are now deprecated, you should set the endpoint instead.`,
    );
    let last: unknown;
    for (const one of defaultEndpoints) {
      try {
        await this.#validate(kind, one, validate);
        return;
      } catch (error) {
        last = error;
        await this.log.error(asSandglassError(error).message);
      }
    }
    throw last;
  }

  async #validate(
    kind: 'runtime' | 'image',
    endpoint: string,
    validate: () => Promise<void>,
  ): Promise<void> {
    const path = socketPath(endpoint);
    const what = `validate service connection: validate CRI v1 ${kind} API for endpoint ${quote(endpoint)}`;
    await wrapped(what, async () => {
      if (path !== socketPath(this.settings.endpoint)) await this.#refuse(path);
      await validate();
    });
  }

  /** There is one CRI on the node. */
  async #refuse(path: string): Promise<never> {
    const why = await this.files.stat(path, this.signal).then(
      () => `this crictl speaks to ${this.settings.endpoint} only`,
      (error: unknown) => pathError('connect', path, error).message.split(': ').slice(1).join(': '),
    );
    const detail = quote(`transport: Error while dialing: dial unix ${path}: connect: ${why}`);
    throw new SandglassError(
      'unavailable',
      `rpc error: code = Unavailable desc = connection error: desc = ${detail}`,
    );
  }
}

/** k8s.io/cri-client, pkg/util/util_unix.go, GetAddressAndDialer */
function socketPath(endpoint: string): string {
  const [, protocol, rest = ''] = /^([a-zA-Z][\w+.-]*):(?:\/\/[^/]*)?(.*)$/.exec(endpoint) ?? [];
  if (protocol === undefined) return endpoint;
  if (protocol === 'unix') return rest;
  if (protocol === 'tcp') throw failure('only support unix socket endpoint');
  throw failure(`protocol ${quote(protocol)} not supported`);
}

function timeoutOf(
  given: number,
  isGiven: boolean,
  configuration: Configuration | undefined,
): number {
  if (isGiven) return given > 0 ? given : defaultTimeout;
  const configured = configuration?.timeout ?? 0;
  return configured > 0 ? configured * 1000 : given;
}

const besideProgram = '/usr/bin/crictl.yaml';

/** crictl, pkg/common/config.go, GetServerConfigFromFile */
async function findConfiguration(
  { files, signal }: Invocation,
  log: Log,
  globals: Values<GlobalFlags>,
  isRequired: boolean,
): Promise<Configuration | undefined> {
  const read = async (path: string) => ConfigurationFile.parse(await readText(files, path, signal));
  try {
    return await wrapped('load config file', async () => {
      try {
        return (await read(globals.config)).values;
      } catch (error) {
        if (asSandglassError(error).errno !== 'ENOENT') throw error;
      }
      await log.warn(
        `Config ${quote(globals.config)} does not exist, trying next: ${quote(besideProgram)}`,
      );
      try {
        return (await read(besideProgram)).values;
      } catch (error) {
        const { errno } = asSandglassError(error);
        throw errno === 'ENOENT' ? pathError('stat', besideProgram, error) : error;
      }
    });
  } catch (error) {
    if (isRequired) throw error;
    return undefined;
  }
}

/** What upstream's can besides, and this one is never asked for in earnest. */
function checkGlobals(globals: Values<GlobalFlags>): void {
  if (globals['enable-tracing']) {
    throw failure('--enable-tracing is not supported: the page shows the trace of every call');
  }
  if (globals['profile-cpu'] !== '' || globals['profile-mem'] !== '') {
    throw failure('profiles are not supported: this crictl runs outside of the node');
  }
}
