/** apimachinery, pkg/util/remotecommand/constants.go and the websocket.go of cri-streaming's remotecommand. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export type StreamType = keyof typeof channels;

/** Over SPDY: the header that says what a stream is for (core/v1, StreamType). */
export const streamTypeHeader = 'streamtype';

const withoutStatus = { status: false, halfClose: false } as const;
const withStatus = { status: true, halfClose: false } as const;

export interface WebSocketProtocol {
  encoding: 'binary' | 'base64';
  /** Whether the end of a command is told as a Status, not as text of what went wrong. */
  status: boolean;
  /** Whether a client can end its input and still read. */
  halfClose: boolean;
}

export const webSocketProtocols: Readonly<Record<string, WebSocketProtocol>> = {
  'v5.channel.k8s.io': { encoding: 'binary', status: true, halfClose: true },
  'v4.channel.k8s.io': { encoding: 'binary', ...withStatus },
  'v4.base64.channel.k8s.io': { encoding: 'base64', ...withStatus },
  'channel.k8s.io': { encoding: 'binary', ...withoutStatus },
  'base64.channel.k8s.io': { encoding: 'base64', ...withoutStatus },
  // For a client that names none.
  '': { encoding: 'binary', ...withoutStatus },
};

export interface SpdyProtocol {
  status: boolean;
  resize: boolean;
}

/** `channel.k8s.io` is v1. */
export const spdyProtocols: Readonly<Record<string, SpdyProtocol>> = {
  'v4.channel.k8s.io': { status: true, resize: true },
  'v3.channel.k8s.io': { status: false, resize: true },
  'v2.channel.k8s.io': { status: false, resize: false },
  'channel.k8s.io': { status: false, resize: false },
};
