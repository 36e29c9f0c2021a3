import { SandglassError } from '#base/errors.ts';
import type { AttachRequest, ExecRequest, PortForwardRequest } from '#kube/cri/api_pb.ts';
import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';
import type { CriContext } from '#cri/context.ts';
import { inStore, requireRunning } from '#cri/exec-sync.ts';
import { attachCommand, execCommand, forwardPort } from './commands.ts';
import type { StreamProtocols } from './ports.ts';
import { StreamingSessions } from './sessions.ts';

type Pending =
  | { kind: 'exec'; request: ExecRequest }
  | { kind: 'attach'; request: AttachRequest }
  | { kind: 'portforward'; request: PortForwardRequest };

/** Where clients of Exec, Attach and PortForward connect to, by the URL that the call gave them. */
export class StreamingServer {
  readonly #context: CriContext;
  readonly #protocols: StreamProtocols;
  readonly #url: URL;
  readonly #sessions: StreamingSessions<Pending>;

  constructor(context: CriContext, protocols: StreamProtocols, url: URL) {
    this.#context = context;
    this.#protocols = protocols;
    this.#url = url;
    this.#sessions = new StreamingSessions(context.clock);
  }

  exec(request: ExecRequest): { url: string } {
    const { containerId } = request;
    requireRunning(this.#context.containers.get(containerId, inStore(containerId)));
    checkStreams(request);
    return this.#issue({ kind: 'exec', request });
  }

  attach(request: AttachRequest): { url: string } {
    const attempt = 'failed to find container in store';
    requireRunning(this.#context.containers.get(request.containerId, attempt));
    checkStreams(request);
    return this.#issue({ kind: 'attach', request });
  }

  portForward(request: PortForwardRequest): { url: string } {
    const { podSandboxId: id } = request;
    const sandbox = this.#context.sandboxes.get(id, `failed to find sandbox "${id}"`);
    if (sandbox.state !== 'ready') {
      throw new SandglassError('unknown', 'sandbox container is not running');
    }
    return this.#issue({ kind: 'portforward', request });
  }

  /** Nothing here is served without an upgrade. */
  readonly fetch: FetchHandler = (request) => {
    const known = pathPattern.test(new URL(request.url).pathname);
    return Promise.resolve(
      known
        ? new Response('Upgrade request required', { status: 400 })
        : new Response('404 page not found', { status: 404 }),
    );
  };

  readonly upgrade: UpgradeHandler = (request) => {
    const [, kind, token = ''] = pathPattern.exec(request.url.pathname) ?? [];
    const pending = this.#sessions.take(token);
    if (pending?.kind !== kind || !pending) {
      return Promise.resolve(new Response('404 page not found', { status: 404 }));
    }
    const context = this.#context;
    switch (pending.kind) {
      case 'exec':
        return this.#protocols.command(request, {
          kind: 'exec',
          wanted: pending.request,
          run: (streams, signal) => execCommand(context, pending.request, streams, signal),
        });
      case 'attach':
        return this.#protocols.command(request, {
          kind: 'attach',
          wanted: pending.request,
          run: (streams, signal) => attachCommand(context, pending.request, streams, signal),
        });
      case 'portforward': {
        const { podSandboxId, port: ports } = pending.request;
        return this.#protocols.portForward(request, {
          pod: podSandboxId,
          ports,
          connect: (port, signal) => forwardPort(context, podSandboxId, port, signal),
        });
      }
    }
  };

  #issue(pending: Pending): { url: string } {
    const token = this.#sessions.issue(pending);
    return { url: new URL(`${pending.kind}/${token}`, this.#url).href };
  }
}

const pathPattern = /\/(exec|attach|portforward)\/([\w-]+)$/;

/** k8s.io/kubelet/pkg/cri/streaming/server.go, validateExecRequest */
function checkStreams({
  tty,
  stdin,
  stdout,
  stderr,
}: Pick<ExecRequest, 'tty' | 'stdin' | 'stdout' | 'stderr'>): void {
  const refuse = (message: string) => new SandglassError('invalid-argument', message);
  if (tty && stderr) throw refuse('tty and stderr cannot both be true');
  if (!stdin && !stdout && !stderr) {
    throw refuse('one of stdin, stdout, or stderr must be set');
  }
}
