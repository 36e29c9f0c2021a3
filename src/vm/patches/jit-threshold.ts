import { SandglassError } from '#base/errors.ts';

/** `i32.const 200000` (WebAssembly specification, 5.4.6), upstream's threshold: the module has it once. */
const upstream = [0x41, 0xc0, 0x9a, 0x0c];
/** `i32.const 1000000`, of the same length. */
const ours = [0x41, 0xc0, 0x84, 0x3d];

/**
 * v86.wasm with another JIT_THRESHOLD (jit.rs): how many instructions of a page are interpreted before the page is
 * compiled. Each compilation is a module of 100 KB, and costs the browser more than ours ever get back: a node's programs
 * run for milliseconds. A loop that computes is still compiled within 50 ms.
 */
export function raiseJitThreshold(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const patched = new Uint8Array(wasm);
  const places = placesOf(patched);
  const [place] = places;
  if (place === undefined || places.length > 1) {
    throw new SandglassError(
      'failed-precondition',
      `This v86.wasm has ${places.length} places that may be its JIT threshold instead of one.`,
    );
  }
  patched.set(ours, place);
  return patched;
}

function placesOf(wasm: Uint8Array): number[] {
  const places: number[] = [];
  const [opcode = 0] = upstream;
  for (let at = wasm.indexOf(opcode); at >= 0; at = wasm.indexOf(opcode, at + 1)) {
    if (upstream.every((byte, offset) => wasm[at + offset] === byte)) places.push(at);
  }
  return places;
}
