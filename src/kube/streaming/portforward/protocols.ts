/** apimachinery, pkg/util/portforward/constants.go and cri-streaming, pkg/streaming/portforward/constants.go */
export const portForwardProtocol = 'portforward.k8s.io';

/** The same in a WebSocket (KEP-4006). */
export const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`;

/** The old channels: two for each port, data and error (cri-streaming, portforward/websocket.go). */
export const channelProtocols: Readonly<Record<string, 'binary' | 'base64'>> = {
  'v4.channel.k8s.io': 'binary',
  'v4.base64.channel.k8s.io': 'base64',
  // For a client that names none.
  '': 'binary',
};

/** Of each stream (core/v1, types.go). */
export const streamHeaders = {
  type: 'streamtype',
  port: 'port',
  requestId: 'requestid',
} as const;
