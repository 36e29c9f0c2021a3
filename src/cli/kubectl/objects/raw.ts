import { failureOf } from '#kube/client/response.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { readTextFile } from './manifest-files.ts';

interface RawCall {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** File with the body; `-` for the standard input. */
  file?: string;
}

/** Sends to a path as it is, and prints the answer as it is (kubectl, pkg/rawhttp/raw.go). */
export async function sendRaw(
  context: KubectlContext,
  { method, path, file }: RawCall,
): Promise<void> {
  if (!path.startsWith('/')) {
    throw failure(`--raw must be a valid URL path: parse "${path}": invalid URI for request`);
  }
  const body = file === undefined ? {} : { body: await readTextFile(context, file) };
  const response = await context.client.request(path, { method, signal: context.signal, ...body });
  if (!response.ok) throw await failureOf(response);
  if (!response.body) return;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    await context.out.bytes(next.value);
  }
}
