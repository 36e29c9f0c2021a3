import { stringify } from 'yaml';
import { encodeProtobuf, protobufMediaType } from '#kube/protobuf/envelope.ts';
import { StatusError, expired, statusOf } from '#kube/status.ts';
import { SandglassError } from '#base/errors.ts';
import type { Status } from '#kube/types.ts';
import type { Output } from './media-types.ts';

export const plainOutput: Output = {
  mediaType: 'application/json',
  pretty: false,
  conversion: undefined,
};

const encoded = new WeakMap<object, string>();

/** JSON of a stored object: what is frozen is encoded once for all who read or watch it. */
export function encodeJson(value: object): string {
  if (!Object.isFrozen(value)) return JSON.stringify(value);
  let text = encoded.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    encoded.set(value, text);
  }
  return text;
}

export function encode(value: object, output: Output): string | Uint8Array<ArrayBuffer> {
  if (output.mediaType === protobufMediaType) return encodeProtobuf(value);
  if (output.mediaType === 'application/yaml') return stringify(value);
  if (output.pretty) return `${JSON.stringify(value, undefined, 2)}\n`;
  return `${encodeJson(value)}\n`;
}

export function answer(
  code: number,
  value: object,
  output: Output,
  warnings: readonly string[] = [],
): Response {
  const headers = new Headers({
    'content-type': output.mediaType,
    'cache-control': 'no-cache, private',
  });
  for (const warning of warnings) headers.append('warning', warningText(warning));
  return new Response(encode(value, output), { status: code, headers });
}

export function textAnswer(
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): Response {
  return new Response(text, {
    status: code,
    headers: {
      'content-type': type,
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
    },
  });
}

/** Any failure as the Status that a client gets. */
export function answerFailure(
  thrown: unknown,
  output: Output,
  warnings: readonly string[],
): Response {
  const status = failureOf(thrown);
  const response = answer(status.code ?? 500, status, output, warnings);
  const { retryAfterSeconds = 0 } = status.details ?? {};
  if (retryAfterSeconds > 0) response.headers.set('retry-after', String(retryAfterSeconds));
  return response;
}

export function failureOf(thrown: unknown): Status {
  if (thrown instanceof SandglassError && !(thrown instanceof StatusError)) {
    // The store's word for a revision that it compacted.
    if (thrown.code === 'out-of-range') return expired(thrown.message).status;
  }
  return statusOf(thrown);
}

/** RFC 7234, 5.5; upstream: apimachinery/pkg/util/net/http.go, NewWarningHeader. */
function warningText(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/["\\]/g, '\\$&');
  // A header holds bytes: other characters go as their UTF-8, one character a byte.
  const bytes = String.fromCharCode(...new TextEncoder().encode(plain));
  return `299 - "${bytes}"`;
}
