import { type CriContext } from './context.ts';

/** containerd, internal/cri/server/status.go */
export async function runtimeStatus(context: CriContext, verbose: boolean) {
  const { network, problem } = await context.network();
  return {
    status: {
      conditions: [
        { type: 'RuntimeReady', status: true, reason: '', message: '' },
        network
          ? { type: 'NetworkReady', status: true, reason: '', message: '' }
          : {
              type: 'NetworkReady',
              status: false,
              reason: 'NetworkPluginNotReady',
              message: 'Network plugin returns error: cni plugin not initialized',
            },
      ],
    },
    runtimeHandlers: [...context.runtimes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { features }]) => ({
        name,
        features: {
          recursiveReadOnlyMounts: features.recursiveReadOnlyMounts,
          userNamespaces: false,
        },
      })),
    features: { supplementalGroupsPolicy: true },
    info: verbose
      ? {
          config: JSON.stringify({ sandboxImage: context.sandboxImage }),
          lastCNILoadStatus: problem ?? 'OK',
        }
      : {},
  };
}
