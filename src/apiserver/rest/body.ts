import { SandglassError } from '#base/errors.ts';
import { decodeProtobuf, protobufMediaType } from '#kube/protobuf/envelope.ts';
import { unrecognized } from '#kube/schema/decode.ts';
import { tooLarge } from '#kube/status.ts';
import { inputTypeOf } from './media-types.ts';

/** upstream: apiserver/pkg/server/config.go, MaxRequestBodyBytes */
const maxBodyBytes = 3 * 1024 * 1024;

export async function readBody(request: Request): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > maxBodyBytes) throw tooLarge(`limit is ${maxBodyBytes}`);
  return bytes;
}

export async function readText(request: Request): Promise<string> {
  return new TextDecoder().decode(await readBody(request));
}

/** An object's text, for `decode`. */
export interface ObjectText {
  text: string;
  format: 'json' | 'yaml';
}

/** The object of this kind in a body, whatever it was sent as; throws 415, and 400 for what is no message. */
export function objectText(headers: Headers, body: Uint8Array, kind: string): ObjectText {
  const type = inputTypeOf(headers);
  if (type !== protobufMediaType) {
    const format = type === 'application/yaml' ? 'yaml' : 'json';
    return { text: new TextDecoder().decode(body), format };
  }
  try {
    return { text: JSON.stringify(decodeProtobuf(body)), format: 'json' };
  } catch (thrown) {
    if (!(thrown instanceof SandglassError)) throw thrown;
    throw unrecognized(kind, thrown.message, body);
  }
}
