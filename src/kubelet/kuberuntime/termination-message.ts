import { asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { ContainerStatus } from '#kube/cri/api_pb.ts';
import { readTail } from '#kubelet/logs/tail.ts';
import type { NodeFiles } from '#kubelet/ports.ts';
import type { AnnotatedContainer } from './labels.ts';

/** pkg/kubelet/container/runtime.go */
const maxTerminationMessage = 4096;
const maxFromLogLines = 80;
const maxFromLogBytes = 2048;

/**
 * What the runtime says of a container's end, and after it what the container left at its termination message path, or
 * the end of its log if it failed without one and asks for that (kuberuntime_container.go, getPodContainerStatuses).
 */
export async function terminationMessage(
  files: NodeFiles,
  status: ContainerStatus,
  annotated: AnnotatedContainer,
  signal: AbortSignal,
): Promise<string> {
  const left = await leftMessage(files, status, annotated, signal);
  return [status.message, left].filter((message) => message !== '').join(': ');
}

/** getTerminationMessage */
async function leftMessage(
  files: NodeFiles,
  status: ContainerStatus,
  { terminationMessagePath: path, terminationMessagePolicy: policy }: AnnotatedContainer,
  signal: AbortSignal,
): Promise<string> {
  const mount =
    path === '' ? undefined : status.mounts.find(({ containerPath }) => containerPath === path);
  const message = mount ? await readMessage(files, mount.hostPath, signal) : '';
  if (message !== '' || policy !== 'FallbackToLogsOnError') return message;
  // One that could not even be started has no log.
  const hasLog = status.logPath !== '' && status.reason !== 'ContainerCannotRun';
  if (status.exitCode === 0 || !hasLog) return '';
  return await readTail(
    files,
    status.logPath,
    { lines: maxFromLogLines, bytes: maxFromLogBytes },
    signal,
  );
}

/** The end of the file, or why it cannot be read; empty where there is none. */
async function readMessage(files: NodeFiles, path: string, signal: AbortSignal): Promise<string> {
  try {
    const { size } = await files.stat(path, signal);
    const offset = Math.max(0, size - maxTerminationMessage);
    const bytes = await files.read(path, { offset, length: maxTerminationMessage, signal });
    return new TextDecoder().decode(bytes);
  } catch (error) {
    throwIfCancelled(signal);
    const { message, code } = asSandglassError(error);
    return code === 'not-found' ? '' : `Error on reading termination log ${path}: ${message}`;
  }
}
