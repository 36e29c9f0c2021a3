import { bool, duration, int, string } from '#cli/urfave/flags.ts';

/** Where crictl looks for a runtime that nothing tells it of (crictl, main_unix.go). */
export const defaultEndpoints = [
  'unix:///run/containerd/containerd.sock',
  'unix:///run/crio/crio.sock',
  'unix:///var/run/cri-dockerd.sock',
];

export const defaultConfigPath = '/etc/crictl.yaml';

/** Milliseconds for a call. */
export const defaultTimeout = 2000;

/** Before the command (crictl, main.go); in the order of help. */
export const globalFlags = {
  config: string(
    "Location of the client config file. If not specified and the default does not exist, the program's directory is searched as well",
    { aliases: ['c'], environment: ['CRI_CONFIG_FILE'], initial: defaultConfigPath },
  ),
  debug: bool('Enable debug mode', { aliases: ['D'] }),
  'enable-tracing': bool('Enable OpenTelemetry tracing.'),
  'image-endpoint': string(
    "Endpoint of CRI image manager service (default: uses 'runtime-endpoint' setting)",
    { aliases: ['i'], environment: ['IMAGE_SERVICE_ENDPOINT'] },
  ),
  'profile-cpu': string('Write a pprof CPU profile to the provided path.'),
  'profile-mem': string('Write a pprof memory profile to the provided path.'),
  'runtime-endpoint': string(
    `Endpoint of CRI container runtime service (default: uses in order the first successful one of [${defaultEndpoints.join(' ')}]). Default is now deprecated and the endpoint should be set instead.`,
    { aliases: ['r'], environment: ['CONTAINER_RUNTIME_ENDPOINT'] },
  ),
  timeout: duration(
    'Timeout of connecting to the server in seconds (e.g. 2s, 20s.). 0 or less is set to default',
    { aliases: ['t'], initial: defaultTimeout },
  ),
  'tracing-endpoint': string('Address to which the gRPC tracing collector will send spans to.', {
    initial: '127.0.0.1:4317',
  }),
  'tracing-sampling-rate-per-million': int(
    'Number of samples to collect per million OpenTelemetry spans. Set to 1000000 or -1 to always sample.',
    { initial: -1 },
  ),
};

export type GlobalFlags = typeof globalFlags;
