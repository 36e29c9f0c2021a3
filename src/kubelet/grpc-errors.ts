import { Code, ConnectError } from '@connectrpc/connect';
import { asSandglassError } from '#base/errors.ts';
import { fromConnectError } from '#kube/cri/errors.ts';

/** Of a failed CRI call, what the runtime said (grpc status.Message). */
export function grpcMessage(error: unknown): string {
  return fromConnectError(error).message;
}

/** A failed CRI call as Go's gRPC prints it: `rpc error: code = NotFound desc = …`. */
export function grpcErrorText(error: unknown): string {
  if (!(error instanceof ConnectError)) return asSandglassError(error).message;
  return `rpc error: code = ${Code[error.code]} desc = ${error.rawMessage}`;
}

export function isNotFound(error: unknown): boolean {
  return fromConnectError(error).code === 'not-found';
}
