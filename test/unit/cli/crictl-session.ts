import { createRouterTransport, type ServiceImpl } from '@connectrpc/connect';
import { ManualClock } from '#base/clock.ts';
import { createCrictl } from '#cli/crictl/crictl.ts';
import { ImageService, RuntimeService } from '#kube/cri/api_pb.ts';
import { criClients } from '#kube/cri/client.ts';
import { toConnectError } from '#kube/cri/errors.ts';
import { type CallOptions, type Outcome, Shell } from './cli-session.ts';

export const endpoint = 'unix:///run/sandglass/cri.sock';

/** 2026-11-30T06:00:00Z */
export const startTime = Date.UTC(2026, 10, 30, 6);

/** Nanoseconds since 1970 of so many seconds before the start. */
export function before(seconds: number): bigint {
  return BigInt(startTime - seconds * 1000) * 1_000_000n;
}

export interface CrictlSession {
  clock: ManualClock;
  shell: Shell;
  /** Methods that were called, in order. */
  calls: string[];
  /** Of the words after `crictl`. */
  crictl: (line: string, options?: CallOptions) => Promise<Outcome>;
}

export interface FakeCri {
  runtime?: Partial<ServiceImpl<typeof RuntimeService>>;
  image?: Partial<ServiceImpl<typeof ImageService>>;
}

/** crictl on a CRI that answers as it is told to. */
export async function startCrictl({
  runtime = {},
  image = {},
}: FakeCri = {}): Promise<CrictlSession> {
  const clock = new ManualClock(startTime);
  const calls: string[] = [];
  const version = {
    version: '0.1.0',
    runtimeName: 'fake',
    runtimeVersion: '1',
    runtimeApiVersion: 'v1',
  };
  const transport = createRouterTransport(
    (router) => {
      router.service(RuntimeService, { version: () => version, ...runtime });
      router.service(ImageService, { imageFsInfo: () => ({}), ...image });
    },
    {
      transport: {
        interceptors: [
          (next) => async (request) => {
            calls.push(request.method.name);
            try {
              return await next(request);
            } catch (error) {
              throw toConnectError(error);
            }
          },
        ],
      },
    },
  );
  const streaming = () => Promise.resolve(new Response('404 page not found', { status: 404 }));
  const program = createCrictl({
    ...{ cri: criClients(transport), endpoint, streaming, clock, nodeClock: clock },
  });
  const shell = new Shell({ crictl: program });
  await shell.files.write('/etc/crictl.yaml', `runtime-endpoint: ${endpoint}\ntimeout: 10\n`);
  return { clock, shell, calls, crictl: (line, call) => shell.call(`crictl ${line}`, call) };
}
