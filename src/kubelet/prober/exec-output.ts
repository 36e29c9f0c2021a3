import { concatBytes } from '#base/byte-stream.ts';

/** pkg/probe/exec/exec.go, maxReadLength */
const maxOutput = 10 * 1024;

/** What a command said, as an event tells it. */
export function joinOutput(stdout: Uint8Array, stderr: Uint8Array): string {
  return new TextDecoder().decode(concatBytes([stdout, stderr]).subarray(0, maxOutput));
}
