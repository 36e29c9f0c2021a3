import { asSandglassError } from '#base/errors.ts';
import type { ContainerStatus } from '#kube/cri/api_pb.ts';
import { readTail } from '#kubelet/logs/tail.ts';
import type { NodeFiles } from '#kubelet/ports.ts';
import type { AnnotatedContainer } from './labels.ts';

/** pkg/kubelet/container/runtime.go */
const maxTerminationMessage = 4096;
const maxFromLogLines = 80;
const maxFromLogBytes = 2048;

/**
 * What a container left at its termination message path, or the end of its log if it failed without
 * one and asks for that (kuberuntime_container.go, getTerminationMessage).
 */
export async function terminationMessage(
  files: NodeFiles,
  status: ContainerStatus,
  annotated: AnnotatedContainer,
  signal: AbortSignal,
): Promise<string> {
  const path = annotated.terminationMessagePath;
  const fromLogs =
    annotated.terminationMessagePolicy === 'FallbackToLogsOnError' && status.exitCode !== 0;
  const mount =
    path === '' ? undefined : status.mounts.find(({ containerPath }) => containerPath === path);
  if (mount) {
    const { message, readable } = await readMessage(files, mount.hostPath, signal);
    if (message !== '' || (!readable && !fromLogs)) return message;
  }
  if (!fromLogs || status.logPath === '') return '';
  return await readTail(
    files,
    status.logPath,
    { lines: maxFromLogLines, bytes: maxFromLogBytes },
    signal,
  );
}

async function readMessage(
  files: NodeFiles,
  path: string,
  signal: AbortSignal,
): Promise<{ message: string; readable: boolean }> {
  try {
    const bytes = await files.read(path, { length: maxTerminationMessage, signal });
    return { message: new TextDecoder().decode(bytes), readable: true };
  } catch (error) {
    const { message, code } = asSandglassError(error);
    if (code === 'not-found') return { message: '', readable: true };
    return { message: `Error on reading termination log ${path}: ${message}`, readable: false };
  }
}
