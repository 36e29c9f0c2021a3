import { badRequest } from '#kube/status.ts';

/** Where a list goes on: after the key, at a revision, or at the latest if it is negative (upstream: apiserver/pkg/storage/continue.go). */
export interface ContinueToken {
  startKey: string;
  revision: number;
}

const version = 'meta.k8s.io/v1';

export function encodeContinue(startKey: string, revision: number): string {
  const text = JSON.stringify({ v: version, rv: revision, start: `${startKey}\0` });
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Throws 400 with upstream's text. */
export function decodeContinue(token: string): ContinueToken {
  const fail = (why: string) =>
    badRequest(`invalid continue token: continue key is not valid${why}`);
  const value = parse(token);
  if (value === undefined) throw fail(': illegal base64 data or JSON');
  if (value.v !== version) {
    throw fail(
      `: server does not recognize this encoded version ${typeof value.v === 'string' ? value.v : ''}`,
    );
  }
  const { rv, start } = value;
  if (typeof rv !== 'number' || rv === 0) {
    throw fail(`: incorrect encoded start resourceVersion (version ${version})`);
  }
  if (typeof start !== 'string' || start === '') {
    throw fail(`: encoded start key empty (version ${version})`);
  }
  return { startKey: start.replace(/\0$/, ''), revision: rv };
}

function parse(token: string): { v?: unknown; rv?: unknown; start?: unknown } | undefined {
  try {
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
