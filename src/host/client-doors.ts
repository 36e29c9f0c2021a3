import type { ByteDuplex } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { criSocket as guestCriSocket } from '#cluster/kubernetes/cri-socket.ts';
import type { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import type { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { ListenOptions, Listening } from '#rpc/contracts.ts';
import { CriListener } from './cri-listener.ts';
import { type HttpHandlers, HttpListener } from './http-listener.ts';
import { loopback } from './loopback.ts';

/** In the guest. kubectl looks for a server at this port if nothing tells it of one (client-go, clientcmd/client_config.go). */
const guestKubePort = 8080;

/**
 * The API and the CRI for clients outside the cluster's thread and for those on the node itself.
 *
 * It listens in the thread of the machine and its cluster, not in the process' first one: a byte of an exec's
 * output then goes from the agent's frame to the client's socket without crossing threads, and each request meets
 * its handler as a call. The emulator gives way to the sockets after each of its slices, as it does to the agent.
 */
export class ClientDoors {
  readonly #node: LinuxNode;
  readonly #onError: (error: SandglassError) => void;
  readonly #kube: HttpListener;
  readonly #streaming: HttpListener;
  readonly #cri = new CriListener();
  #kubernetes: Kubernetes | undefined;
  #options: ListenOptions = {};
  #streamingPort: number | undefined;
  #guest: Promise<void> = Promise.resolve();

  constructor(node: LinuxNode, onError: (error: SandglassError) => void) {
    this.#node = node;
    this.#onError = onError;
    this.#kube = new HttpListener(this.#handlers(({ api }) => api));
    this.#streaming = new HttpListener(this.#handlers(({ cri }) => cri.streaming));
  }

  /** The same here and in the guest, so that what Exec returns is good for both. */
  get streamingUrl(): URL | undefined {
    if (this.#streamingPort === undefined) return undefined;
    return new URL(`http://${loopback}:${this.#streamingPort}/`);
  }

  /** Behind the doors is each Kubernetes as it starts. */
  follow(cluster: NodeCluster): void {
    cluster.started.listen((kubernetes) => {
      this.#kubernetes = kubernetes;
      this.#cri.serve(kubernetes.criService);
      this.#guest = this.#openInGuest(kubernetes.signal);
      this.#guest.catch((error: unknown) => this.#onError(asSandglassError(error)));
      kubernetes.signal.addEventListener('abort', () => {
        if (this.#kubernetes !== kubernetes) return;
        this.#kubernetes = undefined;
        this.#cri.serve(undefined);
      });
    });
  }

  async listen(options: ListenOptions): Promise<Listening> {
    const { kubePort, criSocket } = options;
    this.#options = options;
    const listening: Listening = { guest: {} };
    try {
      if (kubePort !== undefined) {
        listening.kube = `http://${loopback}:${await this.#kube.listen(kubePort)}`;
        listening.guest.kube = `http://${loopback}:${guestKubePort}`;
      }
      if (criSocket !== undefined) {
        await this.#cri.listen(criSocket);
        this.#streamingPort = await this.#streaming.listen(0);
        listening.cri = `unix://${criSocket}`;
        listening.streaming = `http://${loopback}:${this.#streamingPort}`;
        listening.guest.cri = `unix://${guestCriSocket}`;
        listening.guest.streaming = listening.streaming;
      }
      return listening;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Resolves when clients on the node can connect; rejects with why they cannot. */
  openInGuest(): Promise<void> {
    return this.#guest;
  }

  close(): void {
    this.#kube.close();
    this.#streaming.close();
    this.#cri.close();
  }

  async #openInGuest(signal: AbortSignal): Promise<void> {
    const { agent } = this.#node.running;
    const at = (port: number) => ({ host: loopback, port });
    if (this.#options.kubePort !== undefined) {
      await agent.listen(at(guestKubePort), acceptBy(this.#kube), { signal });
    }
    if (this.#streamingPort === undefined) return;
    await agent.listen(at(this.#streamingPort), acceptBy(this.#streaming), { signal });
    await agent.files.makeDirectory('/run/sandglass', { parents: true });
    await agent.listen({ unix: guestCriSocket }, acceptBy(this.#cri), { signal });
  }

  #handlers(part: (kubernetes: Kubernetes) => HttpHandlers): HttpHandlers {
    const current = () => {
      if (this.#kubernetes) return part(this.#kubernetes);
      throw new SandglassError('unavailable', 'The cluster is not running.');
    };
    return {
      // Asynchronous, so that they reject instead of throwing.
      fetch: async (request) => current().fetch(request),
      upgrade: async (request) => current().upgrade(request),
    };
  }
}

function acceptBy(listener: HttpListener | CriListener): (connection: ByteDuplex) => void {
  return (connection) => listener.accept(connection);
}
