/** A pod as records name it. */
export interface PodRef {
  namespace: string;
  name: string;
  uid: string;
}

/** What a record is about: the links between a pod, its containers and the processes they became. */
export interface TraceLinks {
  pod?: PodRef;
  sandboxId?: string;
  containerId?: string;
  /** In the node's initial PID namespace. */
  pid?: number;
  /** The record that this one is a part of or answers, by id. */
  parent?: number;
}

/** Of an operation that takes time: milliseconds, of a CRI call by the machine's clock, else by the cluster's; and how it ended. */
interface Outcome {
  milliseconds: number;
  error?: { code: string; message: string };
}

/** Of a message that holds more than a record has room for. */
interface Shortened {
  /** How long the fields that were cut short had been, in bytes or characters, by their paths. */
  shortened?: Readonly<Record<string, number>>;
}

/** Of a connection to the CRI's streaming server, for an exec, an attach or a port-forward. */
type StreamEvent =
  | {
      event: 'open';
      path: string;
      /** What was agreed on, such as `websocket v5.channel.k8s.io`. */
      protocol: string;
    }
  | { event: 'refused'; path: string; status: number }
  | {
      /** One of the first hundred, in either direction. */
      event: 'frame';
      from: 'client' | 'server';
      /** Its type: a WebSocket's opcode, such as `binary`, or one of SPDY's, such as `SYN_STREAM`. */
      name: string;
      /** Bytes, the channel's one among them. */
      length: number;
      /** Of Kubernetes' channels in a WebSocket: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize, 255 the end of another. */
      channel?: number;
      /** What it begins with, at most 256 bytes. */
      text: string;
    }
  | {
      event: 'close';
      frames: number;
      bytes: number;
      /** Frames that there are no records of. */
      untold: number;
    };

/** SyncLoop's eight sources (pkg/kubelet/kubelet.go, syncLoopIteration). */
export const syncLoopSources = [
  'config',
  'pleg',
  'sync',
  'housekeeping',
  'liveness',
  'readiness',
  'startup',
  'container-manager',
] as const;

export type SyncLoopSource = (typeof syncLoopSources)[number];

/** Calls of Kata's agent that do not wait for what comes next, in the order of agent.proto: those that can be held. */
export const agentMethods = [
  'CreateContainer',
  'StartContainer',
  'RemoveContainer',
  'ExecProcess',
  'SignalProcess',
  'UpdateContainer',
  'StatsContainer',
  'PauseContainer',
  'ResumeContainer',
  'WriteStdin',
  'CloseStdin',
  'TtyWinResize',
  'UpdateInterface',
  'UpdateRoutes',
  'ListInterfaces',
  'ListRoutes',
  'AddARPNeighbors',
  'CreateSandbox',
  'DestroySandbox',
  'ReseedRandomDev',
  'GetGuestDetails',
  'SetGuestDateTime',
] as const;

/** Calls of Kata's agent that each carry a piece of what a container reads or writes. */
export const agentStreamMethods: ReadonlySet<string> = new Set([
  'ReadStdout',
  'ReadStderr',
  'WriteStdin',
]);

/** Kinds of which there are thousands in a second: records are made of them only while somebody looks. */
export const traceDetails = ['ninep', 'frame'] as const;

export type TraceDetail = (typeof traceDetails)[number];

export type TraceBody = TraceLinks &
  (
    | {
        kind: 'api-write';
        verb: 'create' | 'update' | 'patch' | 'delete' | 'binding';
        resource: string;
        subresource?: string;
        namespace?: string;
        name: string;
        resourceVersion?: string;
        /** HTTP status of the answer. */
        status: number;
        userAgent: string;
      }
    | {
        kind: 'schedule';
        node?: string;
        reason?: string;
        /** From the queue until it was bound or refused. */
        milliseconds?: number;
      }
    | {
        kind: 'sync-loop';
        source: SyncLoopSource;
        /** What the source says, such as ADD or ContainerDied. */
        operation: string;
        pods: readonly PodRef[];
      }
    | { kind: 'pod-worker'; phase: 'sync' | 'terminating' | 'terminated'; event: 'begin' }
    | ({
        kind: 'pod-worker';
        phase: 'sync' | 'terminating' | 'terminated';
        event: 'end';
      } & Outcome)
    | ({ kind: 'cri-call'; service: string; method: string; request: unknown } & Shortened)
    | ({
        kind: 'cri-message';
        service: string;
        method: string;
        /** One of those that a stream sends. */
        response: unknown;
      } & Shortened)
    | ({
        kind: 'cri-return';
        service: string;
        method: string;
        response?: unknown;
        /** In place of a response that is the same as in that record, by id. */
        unchangedSince?: number;
      } & Outcome &
        Shortened)
    /** A call of the agent in a pod's virtual machine, as it goes over the wire. */
    | ({ kind: 'agent-call'; method: string; request: unknown } & Shortened)
    | ({ kind: 'agent-return'; method: string; response?: unknown } & Outcome & Shortened)
    /** What went between a virtual machine and the node since the last record of it. */
    | {
        kind: 'vm-traffic';
        ninep: { requests: number; bytes: number };
        frames: { fromGuest: number; fromNode: number; bytes: number };
      }
    /** One 9P request with its reply, while somebody looks at them. */
    | {
        kind: 'ninep';
        /** Such as `Twalk`. */
        name: string;
        requestBytes: number;
        replyBytes: number;
        /** Of an Rlerror: the errno's name. */
        refused?: string;
        milliseconds: number;
      }
    /** One Ethernet frame, while somebody looks at them. */
    | { kind: 'frame'; from: 'guest' | 'node'; protocol: string; length: number }
    | ({ kind: 'stream' } & StreamEvent)
    | ({
        kind: 'cni';
        command: 'ADD' | 'DEL';
        plugin: string;
        netns: string;
        configuration: unknown;
        result?: unknown;
      } & Outcome)
    | ({ kind: 'oci'; argv: readonly string[]; exitCode?: number } & Outcome)
    | {
        kind: 'process';
        event: 'fork' | 'exec' | 'exit';
        parentPid?: number;
        name?: string;
        exit?: string;
      }
    | {
        kind: 'lost';
        what: string;
        count: number;
        /** Whose they are, if not the node's kernel's: of a machine's agent, or of a kind that is told of only while somebody looks. */
        detail?: TraceDetail | 'machine';
      }
  );

export type TraceRecord = TraceBody & {
  /** Grows by one with each record. */
  id: number;
  /** Milliseconds since 1970 by the cluster's clock. */
  time: number;
};

export type RecordOf<Kind extends TraceRecord['kind']> = Extract<TraceRecord, { kind: Kind }>;
