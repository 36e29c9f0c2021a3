import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { PodNetwork } from '#runtimes/task.ts';
import { AgentService } from './agent_pb.ts';
import { SandboxPaths, guestShare, guestShm } from './kata-paths.ts';
import type { PodShim } from './pod-shim.ts';
import { IPFamily } from './types_pb.ts';

/** A pod's machine, by way of its shim. */
export interface KataSandbox {
  readonly paths: SandboxPaths;
  readonly shim: PodShim;
  /** On the node. */
  readonly vmmPid: number;
  readonly network: PodNetwork;
}

const { method } = AgentService;

/** Bytes of random data that a machine begins with: clones of one template share all that they ever drew. */
const seedBytes = 64;

/** msize: as long as one message may be. Nothing is cached, so that each side sees what the other writes. */
const shareOptions = ['trans=virtio', 'version=9p2000.L', 'cache=none', 'msize=131072', 'nodev'];

/**
 * Makes a sandbox of a machine that has just come up, in Kata's order (runtime-rs, virt_container/src/sandbox.rs):
 * the network first, then the sandbox, then what the guest can do.
 */
export async function setUpSandbox(
  { shim, network, paths }: KataSandbox,
  { hostname, clock }: { hostname: string; clock: Clock },
  signal?: AbortSignal,
): Promise<void> {
  const data = crypto.getRandomValues(new Uint8Array(seedBytes));
  await shim.call(method.reseedRandomDev, { data }, signal);
  const now = clock.wallTime();
  await shim.call(
    method.setGuestDateTime,
    { Sec: BigInt(Math.floor(now / 1000)), Usec: BigInt(Math.floor((now % 1000) * 1000)) },
    signal,
  );
  await setUpNetwork(shim, network, signal);
  await shim.call(
    method.createSandbox,
    {
      hostname,
      sandboxId: paths.id,
      storages: [
        {
          driver: '9p',
          source: 'host9p',
          fstype: '9p',
          options: shareOptions,
          mountPoint: guestShare,
        },
        {
          driver: 'ephemeral',
          source: 'shm',
          fstype: 'tmpfs',
          options: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=67108864'],
          mountPoint: guestShm,
        },
      ],
    },
    signal,
  );
  await shim.call(method.getGuestDetails, {}, signal);
}

async function setUpNetwork(
  shim: PodShim,
  { mac, mtu, addresses, routes }: PodNetwork,
  signal?: AbortSignal,
): Promise<void> {
  await shim.call(
    method.updateInterface,
    {
      interface: {
        device: 'eth0',
        name: 'eth0',
        hwAddr: mac,
        mtu: BigInt(mtu),
        IPAddresses: addresses.map((cidr) => {
          const [address = '', mask = '32'] = cidr.split('/');
          return { family: IPFamily.v4, address, mask };
        }),
      },
    },
    signal,
  );
  await shim.call(
    method.updateRoutes,
    {
      routes: {
        Routes: routes.map(({ destination, gateway }) => ({
          dest: destination === '0.0.0.0/0' ? '' : destination,
          gateway: gateway ?? '',
          device: 'eth0',
          family: IPFamily.v4,
        })),
      },
    },
    signal,
  );
}

/** What is written beside the shim's socket, for a later life of this side. */
export interface SandboxState {
  shim: number;
  vmm: number;
  network: PodNetwork;
}

function readState(text: string): SandboxState {
  try {
    return JSON.parse(text) as SandboxState;
  } catch (cause) {
    throw new SandglassError('data-loss', 'What the shim of a pod left of itself is not JSON.', {
      cause,
    });
  }
}

/** The state of a sandbox on the node; undefined where there is none. */
export async function findState(
  agent: AgentClient,
  paths: SandboxPaths,
): Promise<SandboxState | undefined> {
  const text = await readIfThere(agent, paths.stateFile);
  return text === undefined ? undefined : readState(text);
}

export async function readIfThere(agent: AgentClient, path: string): Promise<string | undefined> {
  try {
    return await agent.files.readText(path);
  } catch (error) {
    if (error instanceof SandglassError && error.code === 'not-found') return undefined;
    throw error;
  }
}
