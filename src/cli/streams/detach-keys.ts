import { concatBytes, type ByteSource } from '#base/byte-stream.ts';
import { failure } from '#cli/command/errors.ts';

const controls: Readonly<Record<string, number>> = {
  'ctrl-@': 0,
  'ctrl-[': 27,
  'ctrl-\\': 28,
  'ctrl-]': 29,
  'ctrl-^': 30,
  'ctrl-_': 31,
};

/** Of `ctrl-p,ctrl-q` (moby/term, ToBytes). */
export function parseDetachKeys(text: string): Uint8Array {
  return Uint8Array.from(text.split(','), (key) => {
    const letter = /^ctrl-([a-z])$/.exec(key)?.[1];
    if (letter !== undefined) return letter.charCodeAt(0) - 96;
    const code = controls[key] ?? (key.length === 1 ? key.charCodeAt(0) : undefined);
    if (code === undefined) {
      throw failure(`could not bind detach keys: Unknown character: '${key}'`);
    }
    return code;
  });
}

/** Input that ends when the keys are typed one after the other; a beginning of them is kept back until it is clear. */
export function detachable(source: ByteSource, keys: Uint8Array): ByteSource {
  let held = 0;
  let isOver = false;
  const scan = (chunk: Uint8Array): Uint8Array => {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte === keys[held]) {
        held++;
        if (held === keys.length) {
          isOver = true;
          break;
        }
        continue;
      }
      passed.push(...keys.subarray(0, held));
      held = byte === keys[0] ? 1 : 0;
      if (held === 0) passed.push(byte);
    }
    return Uint8Array.from(passed);
  };
  return {
    async read(signal) {
      while (!isOver) {
        const chunk = await source.read(signal);
        if (!chunk) return end();
        const passed = scan(chunk);
        if (passed.length > 0) return passed;
      }
      return undefined;
    },
    cancel: () => {
      source.cancel();
    },
  };

  /** What was kept back, at the end of the input. */
  function end(): Uint8Array | undefined {
    const rest = keys.subarray(0, held);
    held = 0;
    isOver = true;
    return rest.length > 0 ? concatBytes([rest]) : undefined;
  }
}
