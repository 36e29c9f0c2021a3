import { type Clock, sleep } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { Container, LifecycleHandler } from '#kube/types.ts';
import { hostOf, pathOf, requestHeaders } from '#kubelet/http/http-get-action.ts';
import { httpGet } from '#kubelet/http/http-get.ts';
import { resolvePort } from '#kubelet/http/ports.ts';
import type { Cri, KubeletNode } from '#kubelet/ports.ts';

/** postStart and preStop (pkg/kubelet/lifecycle/handlers.go). Rejects with why the hook failed. */
export class LifecycleHooks {
  readonly #runtime: Cri['runtime'];
  readonly #node: KubeletNode;
  readonly #clock: Clock;

  constructor(options: { runtime: Cri['runtime']; node: KubeletNode; clock: Clock }) {
    this.#runtime = options.runtime;
    this.#node = options.node;
    this.#clock = options.clock;
  }

  async run(
    container: Container,
    containerId: string,
    { exec, httpGet: get, sleep: pause }: LifecycleHandler,
    podIP: string,
    signal: AbortSignal,
  ): Promise<void> {
    if (exec) {
      await this.#exec(exec.command ?? [], containerId, signal);
      return;
    }
    if (get) {
      const address = {
        host: hostOf(get, podIP),
        port: resolvePort(get.port, container),
      };
      const headers = requestHeaders(get, address, 'kube-lifecycle/1.36');
      await httpGet(
        this.#node,
        { ...address, path: pathOf(get), headers, scheme: get.scheme },
        signal,
      );
      return;
    }
    if (pause) {
      await sleep(this.#clock, pause.seconds * 1000, signal);
      return;
    }
    throw new SandglassError('invalid-argument', 'invalid handler: no hook is set');
  }

  async #exec(command: string[], containerId: string, signal: AbortSignal): Promise<void> {
    const { exitCode, stdout, stderr } = await this.#runtime.execSync(
      { containerId, cmd: command, timeout: 0n },
      { signal },
    );
    if (exitCode === 0) return;
    const decoder = new TextDecoder();
    throw new SandglassError(
      'failed-precondition',
      `command '${command.join(' ')}' exited with ${exitCode}: ${decoder.decode(stderr)}${decoder.decode(stdout)}`,
    );
  }
}
