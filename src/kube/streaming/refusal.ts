import { SandglassError } from '#base/errors.ts';
import { statusError } from '#kube/status.ts';
import type { Status } from '#kube/types.ts';

export function plainText(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  });
}

/** What a server said instead of changing protocols: its Status, or its words (httpstream/spdy/roundtripper.go). */
export async function refusalError(response: Response): Promise<SandglassError> {
  const text = await response.text();
  const status = parseStatus(text);
  if (status) return statusError(status);
  const why = text.trim() === '' ? `the server answered ${response.status}` : text.trim();
  return new SandglassError('unknown', `unable to upgrade connection: ${why}`);
}

function parseStatus(text: string): Status | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isStatus =
      typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
    return isStatus ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}
