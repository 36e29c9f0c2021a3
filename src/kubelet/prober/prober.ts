import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Container, Pod, Probe } from '#kube/types.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { joinOutput } from './exec-output.ts';
import { hostOf, pathOf, requestHeaders } from '#kubelet/http/http-get-action.ts';
import { type HttpResponse, describeGet, httpGet } from '#kubelet/http/http-get.ts';
import { netError } from '#kubelet/http/net-errors.ts';
import { resolvePort } from '#kubelet/http/ports.ts';
import { grpcErrorText } from '#kubelet/grpc-errors.ts';
import type { Cri, KubeletNode } from '#kubelet/ports.ts';
import { grpcHealthCheck } from './grpc-health.ts';
import type { ProbeKind, ProbeResult } from './results.ts';

export interface ProbeTarget {
  pod: Pod;
  container: Container;
  containerId: string;
  podIP: string;
}

type Outcome = { result: ProbeResult | 'warning'; output: string };

const titles: Readonly<Record<ProbeKind, string>> = {
  liveness: 'Liveness',
  readiness: 'Readiness',
  startup: 'Startup',
};

/** pkg/kubelet/prober/prober.go, maxProbeRetries */
const maxTries = 3;
const maxRedirects = 10;

/** Runs one probe and tells what came of it (pkg/kubelet/prober/prober.go). */
export class Prober {
  readonly #runtime: Cri['runtime'];
  readonly #node: KubeletNode;
  readonly #recorder: EventRecorder;
  readonly #clock: Clock;

  constructor(options: {
    runtime: Cri['runtime'];
    node: KubeletNode;
    recorder: EventRecorder;
    clock: Clock;
  }) {
    this.#runtime = options.runtime;
    this.#node = options.node;
    this.#recorder = options.recorder;
    this.#clock = options.clock;
  }

  async probe(
    kind: ProbeKind,
    probe: Probe,
    target: ProbeTarget,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    const { pod, container } = target;
    for (let attempt = 1; ; attempt++) {
      try {
        const { result, output } = await this.#run(probe, target, signal);
        if (result === 'failure') {
          this.#recorder.container(
            pod,
            container,
            'Warning',
            reasons.unhealthy,
            `${titles[kind]} probe failed: ${output}`,
          );
          return 'failure';
        }
        if (result === 'warning') {
          this.#recorder.container(
            pod,
            container,
            'Warning',
            reasons.probeWarning,
            `${titles[kind]} probe warning: ${output}`,
          );
          return 'success';
        }
        return result;
      } catch (error) {
        throwIfCancelled(signal);
        if (attempt < maxTries) continue;
        const message = `${titles[kind]} probe errored and resulted in unknown state: ${grpcErrorText(error)}`;
        this.#recorder.container(pod, container, 'Warning', reasons.unhealthy, message);
        return 'unknown';
      }
    }
  }

  async #run(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<Outcome> {
    const timeout = (probe.timeoutSeconds ?? 1) * 1000;
    const { exec, httpGet: get, tcpSocket, grpc } = probe;
    if (exec) return await this.#exec(exec.command ?? [], target.containerId, timeout, signal);
    if (get) return await this.#http(get, target, timeout, signal);
    if (tcpSocket) {
      const host = tcpSocket.host ?? target.podIP;
      return await this.#tcp(
        { host, port: resolvePort(tcpSocket.port, target.container) },
        timeout,
        signal,
      );
    }
    if (grpc) {
      const address = { host: target.podIP, port: grpc.port };
      return await this.#timed(
        timeout,
        signal,
        `timeout: failed to connect service "${address.host}:${address.port}" within ${timeout / 1000}s`,
        (within) => grpcHealthCheck(this.#node, address, grpc.service ?? '', within),
      );
    }
    throw new Error(`missing probe handler for ${target.container.name}`);
  }

  async #exec(
    command: string[],
    containerId: string,
    timeout: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const seconds = BigInt(Math.ceil(timeout / 1000));
    try {
      const response = await this.#runtime.execSync(
        { containerId, cmd: command, timeout: seconds },
        { signal },
      );
      const output = joinOutput(response.stdout, response.stderr);
      return { result: response.exitCode === 0 ? 'success' : 'failure', output };
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.DeadlineExceeded) {
        return {
          result: 'failure',
          output: `command timed out: "${command.join(' ')}" timed out after ${timeout / 1000}s`,
        };
      }
      throw error;
    }
  }

  async #tcp(
    address: { host: string; port: number },
    timeout: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const where = `${address.host}:${address.port}`;
    const slow = `dial tcp ${where}: i/o timeout`;
    return await this.#timed(timeout, signal, slow, async (within) => {
      const connection = await this.#node.dial(address, within).catch((error: unknown) => {
        throw netError('dial', where, error);
      });
      connection.close();
      return { result: 'success', output: '' };
    });
  }

  async #http(
    get: NonNullable<Probe['httpGet']>,
    target: ProbeTarget,
    timeout: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const host = hostOf(get, target.podIP);
    const port = resolvePort(get.port, target.container);
    let path = pathOf(get);
    let connected = false;
    const slow = () => {
      const what = connected
        ? 'context deadline exceeded'
        : `dial tcp ${host}:${port}: i/o timeout`;
      return `${describeGet(host, port, path)}: ${what} (Client.Timeout exceeded while awaiting headers)`;
    };
    return await this.#timed(timeout, signal, slow, async (within) => {
      const headers = requestHeaders(get, { host, port }, 'kube-probe/1.36');
      for (let redirects = 0; ; redirects++) {
        connected = false;
        const onConnected = () => (connected = true);
        const request = { host, port, path, headers, scheme: get.scheme, onConnected };
        const response = await httpGet(this.#node, request, within);
        const next = redirectOf(response, host, port);
        if (next === undefined || redirects === maxRedirects) return judge(response);
        path = next;
      }
    });
  }

  /** What fails or is slow is a failed probe, not an unknown one; what cannot be tried at all is. */
  async #timed(
    timeout: number,
    signal: AbortSignal,
    slow: string | (() => string),
    run: (signal: AbortSignal) => Promise<Outcome>,
  ): Promise<Outcome> {
    const over = new AbortController();
    try {
      return await withDeadline(
        run(AbortSignal.any([signal, over.signal])),
        this.#clock,
        timeout,
        slow,
        signal,
      );
    } catch (error) {
      throwIfCancelled(signal);
      const { code, message } = asSandglassError(error);
      if (code === 'unimplemented' || code === 'invalid-argument') throw error;
      return { result: 'failure', output: message };
    } finally {
      over.abort();
    }
  }
}

/** pkg/probe/http/http.go, DoHTTPProbe */
function judge({ status, body }: HttpResponse): Outcome {
  if (status >= 200 && status < 400) {
    // A redirect that was not followed leads to another host.
    return status >= 300
      ? { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
      : { result: 'success', output: body };
  }
  return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
}

/** The path to follow to on the same host; undefined where there is none. */
function redirectOf(
  { status, headers }: HttpResponse,
  host: string,
  port: number,
): string | undefined {
  const location = headers.get('location');
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const base = new URL(`http://${host}:${port}/`);
  const target = URL.parse(location, base);
  if (target?.host !== base.host || target.protocol !== 'http:') return undefined;
  return `${target.pathname}${target.search}`;
}
